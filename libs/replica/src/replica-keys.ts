import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { access, chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, verifySignature } from '@quorate/crypto';
import type { Signer } from '@quorate/consensus';
import type { Configuration, VerifyKey } from '@quorate/protocol';
import { createReplicaCertificate, type TlsIdentity } from '@quorate/transport';
import { ReplicaError } from './replica-error';

const FILE_NAME = 'keys.json';
const FILE_VERSION = 2;
const VOTED_FILE_NAME = 'voted';

/** Everything secret of one replica. It never leaves the directory and the process. */
export interface ReplicaKeys {
  /** Ed25519, PKCS #8 PEM. */
  readonly consensusKey: string;
  /** The one that a next configuration may name instead (PEM). */
  readonly nextConsensusKey?: string;
  readonly tls: TlsIdentity;
  /** The port that was bound when the replica was prepared. */
  readonly port: number;
}

/** What the key file holds. */
interface KeyFile {
  readonly version: number;
  readonly check: string;
  readonly keys: ReplicaKeys;
}

/** The keys in the directory; null if there are none yet. Throws ReplicaError if they cannot be read. */
export async function readReplicaKeys(directory: string): Promise<ReplicaKeys | null> {
  let text: string;
  try {
    text = await readFile(join(directory, FILE_NAME), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { version, check, keys } = JSON.parse(text) as KeyFile;
    // A flipped bit of a key is another key.
    if (version !== FILE_VERSION || check !== checkOf(keys)) throw damaged();
    createPrivateKey(keys.consensusKey);
    createPrivateKey(keys.tls.key);
    return keys;
  } catch {
    throw damaged();
  }
}

function damaged(): ReplicaError {
  return new ReplicaError('REPLICA_KEYS_INVALID', `the replica's ${FILE_NAME} is damaged`, { file: FILE_NAME });
}

/** SHA-256 of the keys as they are written. */
function checkOf(keys: ReplicaKeys): string {
  return createHash('sha256').update(JSON.stringify(keys)).digest('hex');
}

/** Makes new keys; nothing is written yet. */
export async function makeReplicaKeys(port: number): Promise<ReplicaKeys> {
  return {
    consensusKey: makeConsensusKey(),
    tls: await createReplicaCertificate('quorate-replica'),
    port,
  };
}

/** A new consensus key: Ed25519, PKCS #8 PEM. */
export function makeConsensusKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Writes the keys durably, for their owner only. */
export async function writeReplicaKeys(directory: string, keys: ReplicaKeys): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = join(directory, FILE_NAME);
  const handle = await open(`${path}.partial`, 'w', 0o600);
  try {
    const file: KeyFile = { version: FILE_VERSION, check: checkOf(keys), keys };
    await handle.writeFile(JSON.stringify(file));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.partial`, path);
}

/** Notes beside the keys, not in the journal, that they have signed a vote. */
export async function noteFirstVote(directory: string): Promise<void> {
  const handle = await open(join(directory, VOTED_FILE_NAME), 'w', 0o600);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether the keys have signed a vote before. */
export function hasVoted(directory: string): Promise<boolean> {
  return access(join(directory, VOTED_FILE_NAME)).then(
    () => true,
    () => false,
  );
}

/** Public half of a consensus key: 32 bytes in hex. */
export function consensusPublicKey(consensusKey: string): string {
  const der = createPublicKey(createPrivateKey(consensusKey)).export({ type: 'spki', format: 'der' });
  return hex(new Uint8Array(der.subarray(der.length - 32)));
}

/** Signs with whichever of the replica's consensus keys a configuration names; null if it names none of them. `keys` gives the newest ones. */
export function voteSigner(keys: () => ReplicaKeys, consensusKey: Uint8Array): Signer | null {
  const { consensusKey: current, nextConsensusKey } = keys();
  const wanted = hex(consensusKey);
  const pem = [current, nextConsensusKey].find((key) => key !== undefined && consensusPublicKey(key) === wanted);
  if (pem === undefined) return null;
  const key = createPrivateKey(pem);
  return (preimage) => {
    const signature = sign(null, preimage, key);
    return new Uint8Array(signature.buffer, signature.byteOffset, signature.length);
  };
}

/** Verifies votes, READYs and governance's signatures. */
export const verifyKey: VerifyKey = (key, message, signature) =>
  verifySignature(key.scheme, key.bytes, message, signature);

/** The keys once `configuration` has begun: a key that it replaced is gone for good. Null if nothing changes. */
export function keysFor(configuration: Configuration, keys: ReplicaKeys): ReplicaKeys | null {
  const { nextConsensusKey, ...rest } = keys;
  if (nextConsensusKey === undefined) return null;
  const next = consensusPublicKey(nextConsensusKey);
  const named = configuration.replicas.some((replica) => hex(replica.consensusKey) === next);
  return named ? { ...rest, consensusKey: nextConsensusKey } : null;
}
