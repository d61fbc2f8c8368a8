import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { access, chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, verifySignature } from '@quorate/crypto';
import type { Genesis } from '@quorate/protocol';
import { createReplicaCertificate, type TlsIdentity } from '@quorate/transport';
import { ReplicaError } from './replica-error';

const FILE_NAME = 'keys.json';
const VOTED_FILE_NAME = 'voted';

/** Everything secret of one replica. It never leaves the directory and the process. */
export interface ReplicaKeys {
  /** Ed25519, PKCS #8 PEM. */
  readonly consensusKey: string;
  readonly tls: TlsIdentity;
  /** The port that was bound when the replica was prepared. */
  readonly port: number;
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
    const keys = JSON.parse(text) as ReplicaKeys;
    createPrivateKey(keys.consensusKey);
    createPrivateKey(keys.tls.key);
    return keys;
  } catch {
    throw new ReplicaError('REPLICA_KEYS_INVALID', 'the key file of the replica is damaged');
  }
}

/** Makes new keys; nothing is written yet. */
export async function makeReplicaKeys(port: number): Promise<ReplicaKeys> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    consensusKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    tls: await createReplicaCertificate('quorate-replica'),
    port,
  };
}

/** Writes the keys durably, for their owner only. */
export async function writeReplicaKeys(directory: string, keys: ReplicaKeys): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = join(directory, FILE_NAME);
  const handle = await open(`${path}.partial`, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(keys));
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

/** Public half of the consensus key: 32 bytes in hex. */
export function consensusPublicKey(keys: ReplicaKeys): string {
  const der = createPublicKey(createPrivateKey(keys.consensusKey)).export({ type: 'spki', format: 'der' });
  return hex(new Uint8Array(der.subarray(der.length - 32)));
}

/** Signs votes with the replica's consensus key. */
export function voteSigner(keys: ReplicaKeys): (preimage: Uint8Array) => Uint8Array {
  const key = createPrivateKey(keys.consensusKey);
  return (preimage) => {
    const signature = sign(null, preimage, key);
    return new Uint8Array(signature.buffer, signature.byteOffset, signature.length);
  };
}

/** Verifies votes of the genesis' replicas. Its keys were checked when the genesis was decoded. */
export function voteVerifier(
  genesis: Genesis,
): (replica: number, preimage: Uint8Array, signature: Uint8Array) => boolean {
  const keys = genesis.replicas.map(({ consensusKey }) => consensusKey);
  return (replica, preimage, signature) => verifySignature('ed25519', keys[replica], preimage, signature);
}
