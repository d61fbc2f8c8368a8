import { CodecError, Reader, Writer } from '@quorate/codec';
import { SIGNATURE_BYTES, leafHash, pairRoot, sha256, verifySignature } from '@quorate/crypto';
import type { Configuration } from './configuration';
import type { VerifyKey } from './epoch-end';
import { LIMITS } from './limits';
import { consensusContext, quorum } from './vote';

/** Sections of the state are cut into chunks of this size; the last one may be shorter. */
export const STATE_CHUNK_BYTES = 65_536;

/** A checkpoint is due at every height that this divides. */
export const CHECKPOINT_BLOCKS = 4_096;

/** And at the first block with which this many operations were executed since the checkpoint before. */
export const CHECKPOINT_OPERATIONS = 2 ** 20;

/** More than there are kinds of sections. */
const SECTIONS_MAX = 256;
const STATE_VERSION = 1;
/** Beside the purposes of votes (`vote.ts`): a signature for one never counts for another. */
const CHECKPOINT_PURPOSE = 4;

/** A part of the state: `root` is the root of the tree of pairs over the SHA-256 hashes of its chunks. */
export interface StateSection {
  readonly number: number;
  readonly lengthBytes: number;
  readonly root: Uint8Array;
}

/** All state of a ledger after a block, by hash. Equal on all replicas. */
export interface StateDescription {
  readonly genesisId: Uint8Array;
  readonly height: number;
  /** Id of the block at `height`. */
  readonly blockId: Uint8Array;
  /** Root of the history tree over blocks 0..height. */
  readonly execRoot: Uint8Array;
  /** By ascending number. */
  readonly sections: readonly StateSection[];
}

/** A replica's word that the state after `height` has this root. */
export interface CheckpointVote {
  readonly epoch: number;
  readonly height: number;
  readonly stateRoot: Uint8Array;
  readonly replica: number;
  readonly signature: Uint8Array;
}

/** The same word of a quorum: whoever trusts the configuration may start from that state. */
export interface CheckpointCertificate {
  readonly epoch: number;
  readonly height: number;
  readonly stateRoot: Uint8Array;
  /** Replica indexes, ascending; `signatures` has the same order. */
  readonly signers: readonly number[];
  readonly signatures: readonly Uint8Array[];
}

/** Number of chunks of a section. */
export function chunkCount(lengthBytes: number): number {
  return Math.ceil(lengthBytes / STATE_CHUNK_BYTES);
}

/** Bytes of chunk `index` of a section. */
export function chunkBytes(lengthBytes: number, index: number): number {
  return Math.min(STATE_CHUNK_BYTES, lengthBytes - index * STATE_CHUNK_BYTES);
}

/** Root of a section whose chunks have these hashes, one behind the other. */
export function sectionRoot(hashes: Uint8Array): Uint8Array {
  return pairRoot(hashes);
}

/** Hash of one chunk. */
export function chunkHash(chunk: Uint8Array): Uint8Array {
  return sha256(chunk);
}

export function encodeState(state: StateDescription): Uint8Array {
  const writer = new Writer(128 + state.sections.length * 42);
  writer.u8(STATE_VERSION).fixed(state.genesisId, 32).uint(state.height).fixed(state.blockId, 32);
  writer.fixed(state.execRoot, 32).u16(state.sections.length);
  for (const { number, lengthBytes, root } of state.sections) writer.u16(number).uint(lengthBytes).fixed(root, 32);
  return writer.finish();
}

/** Throws CodecError. */
export function decodeState(bytes: Uint8Array): StateDescription {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== STATE_VERSION)
    throw new CodecError('CODEC_INVALID', `state version ${version} is unknown`, { version });
  const genesisId = reader.fixed(32).slice();
  const height = reader.uint();
  const blockId = reader.fixed(32).slice();
  const execRoot = reader.fixed(32).slice();
  const count = reader.u16();
  if (count > SECTIONS_MAX) throw new CodecError('CODEC_RANGE', `at most ${SECTIONS_MAX} sections`, { count });
  const sections: StateSection[] = [];
  for (let index = 0; index < count; index += 1) {
    const section = { number: reader.u16(), lengthBytes: reader.uint(), root: reader.fixed(32).slice() };
    if (section.number <= (sections.at(-1)?.number ?? 0))
      throw new CodecError('CODEC_INVALID', 'sections ascend', { number: section.number });
    sections.push(section);
  }
  reader.end();
  return { genesisId, height, blockId, execRoot, sections };
}

/** What replicas sign and snapshots are checked against. */
export function stateRoot(state: StateDescription): Uint8Array {
  return leafHash(encodeState(state));
}

/** What a replica signs at a checkpoint. */
export function checkpointPreimage(context: Uint8Array, height: number, root: Uint8Array): Uint8Array {
  return new Writer(73).fixed(context, 32).u8(CHECKPOINT_PURPOSE).uint(height).fixed(root, 32).finish();
}

export function encodeCheckpointVote(vote: CheckpointVote): Uint8Array {
  const writer = new Writer(109).u32(vote.epoch).uint(vote.height).fixed(vote.stateRoot, 32).u8(vote.replica);
  return writer.fixed(vote.signature, SIGNATURE_BYTES).finish();
}

/** Throws CodecError. */
export function decodeCheckpointVote(bytes: Uint8Array): CheckpointVote {
  const reader = new Reader(bytes);
  const vote = {
    epoch: reader.u32(),
    height: reader.uint(),
    stateRoot: reader.fixed(32).slice(),
    replica: reader.u8(),
    signature: reader.fixed(SIGNATURE_BYTES).slice(),
  };
  reader.end();
  return vote;
}

export function encodeCheckpoint(certificate: CheckpointCertificate): Uint8Array {
  const writer = new Writer(46 + certificate.signatures.length * SIGNATURE_BYTES);
  writer.u32(certificate.epoch).uint(certificate.height).fixed(certificate.stateRoot, 32);
  writer.u16(certificate.signers.reduce((bits, signer) => bits | (1 << signer), 0));
  for (const signature of certificate.signatures) writer.fixed(signature, SIGNATURE_BYTES);
  return writer.finish();
}

/** Throws CodecError. */
export function decodeCheckpoint(bytes: Uint8Array): CheckpointCertificate {
  const reader = new Reader(bytes);
  const head = { epoch: reader.u32(), height: reader.uint(), stateRoot: reader.fixed(32).slice() };
  const bits = reader.u16();
  if (bits >= 1 << LIMITS.replicasMax) throw new CodecError('CODEC_RANGE', 'a signer beyond the largest replica set');
  const signers: number[] = [];
  const signatures: Uint8Array[] = [];
  for (let index = 0; index < LIMITS.replicasMax; index += 1) {
    if ((bits & (1 << index)) === 0) continue;
    signers.push(index);
    signatures.push(reader.fixed(SIGNATURE_BYTES).slice());
  }
  reader.end();
  return { ...head, signers, signatures };
}

const verifyKey: VerifyKey = (key, message, signature) => verifySignature(key.scheme, key.bytes, message, signature);

/** Whether a quorum of the configuration signed the checkpoint. */
export function checkpointProven(
  certificate: CheckpointCertificate,
  configuration: Configuration,
  verify: VerifyKey = verifyKey,
): boolean {
  const { replicas } = configuration;
  const { signers, signatures, epoch, height } = certificate;
  if (epoch !== configuration.epoch || signers.length < quorum(replicas.length)) return false;
  const preimage = checkpointPreimage(consensusContext(configuration), height, certificate.stateRoot);
  return signers.every((signer, index) => {
    const key = replicas[signer]?.consensusKey;
    const ascending = index === 0 || signer > signers[index - 1];
    return ascending && key !== undefined && verify({ scheme: 'ed25519', bytes: key }, preimage, signatures[index]);
  });
}
