// How a replica that joins gets the state of its ledger without executing its whole history: the newest snapshot that a quorum signed, from
// one of the peers, chunk by chunk. Nothing is believed: the signatures follow from the genesis, hashes from the root, headers from the block.
import { Writer } from '@quorate/codec';
import { concatBytes, equalBytes } from '@quorate/crypto';
import {
  chunkCount,
  encodeCertificate,
  encodeHeader,
  HEADER_BYTES,
  stateRoot,
  type EpochStep,
  type Genesis,
  type StateDescription,
} from '@quorate/protocol';
import { SnapshotImport, type SnapshotStore } from '@quorate/storage';
import type { ChainSource } from './chain-source';
import { ChainVerifier } from './chain-verifier';
import { ReplicaError } from './replica-error';
import { OWN_SECTIONS } from './state-sections';

/** Chunks asked for at once. */
const CHUNKS_UNDER_WAY_MAX = 16;

/** Takes in the newest certified snapshot of a source if it is at `heightMin` or above; gives its height, or null. Throws ReplicaError, CodecError or StorageError. */
export async function importState(
  genesis: Genesis,
  source: ChainSource,
  snapshots: SnapshotStore,
  heightMin: number,
): Promise<number | null> {
  const tip = await source.tip();
  if (tip === null) return null;
  const verifier = new ChainVerifier(genesis, tip);
  const offered = await source.newestState(tip.header.height);
  if (offered === null || offered.certificate === null || offered.state.height < heightMin) return null;
  verifier.demandState(offered);
  const { state, certificate } = offered;
  const incoming = await SnapshotImport.begin(snapshots, state);
  await takeSections(source, incoming, state);
  const steps = tip.proof.epochs.filter(({ header }) => header.height <= state.height);
  await incoming.own(OWN_SECTIONS.headers, await headersOf(source, state.height));
  await incoming.own(OWN_SECTIONS.certificates, certificatesOf(steps));
  await incoming.own(OWN_SECTIONS.epochs, epochsOf(steps));
  return (await incoming.finish(new Uint8Array(0), certificate)) === null ? null : state.height;
}

/** Takes in the state with which a fork began, if the source still has it; false if not. Throws ReplicaError, CodecError or StorageError. */
export async function importBeginning(
  { parent }: Genesis,
  source: ChainSource,
  snapshots: SnapshotStore,
): Promise<boolean> {
  if (parent === undefined) return false;
  const offered = await source.newestState(parent.height);
  if (offered === null || !equalBytes(stateRoot(offered.state), parent.stateRoot)) return false;
  const incoming = await SnapshotImport.begin(snapshots, offered.state);
  await takeSections(source, incoming, offered.state);
  return (await incoming.finish(new Uint8Array(0), null)) !== null;
}

/** All chunks of the state, many of them on their way at a time. */
async function takeSections(source: ChainSource, incoming: SnapshotImport, state: StateDescription): Promise<void> {
  for (const { number, lengthBytes } of state.sections) {
    const hashes = await source.chunkHashes(state.height, number);
    if (hashes === null || !incoming.hashes(number, hashes)) throw wrong(state.height);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < chunkCount(lengthBytes)) {
        const index = next;
        next += 1;
        const chunk = await source.chunk(state.height, number, index);
        if (chunk === null || !(await incoming.chunk(number, index, chunk))) throw wrong(state.height);
      }
    };
    await Promise.all(Array.from({ length: CHUNKS_UNDER_WAY_MAX }, lane));
  }
}

/** The newest headers, which are checked when the snapshot is begun with: each names the one before it, and the state names the last. */
async function headersOf(source: ChainSource, height: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const hashes = await source.chunkHashes(height, OWN_SECTIONS.headers);
  const count = (hashes?.length ?? 0) / 32;
  for (let index = 0; index < count; index += 1) {
    const chunk = await source.chunk(height, OWN_SECTIONS.headers, index);
    if (chunk === null) throw wrong(height);
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

function certificatesOf(steps: readonly EpochStep[]): Uint8Array {
  const writer = new Writer();
  for (const { header, certificate } of steps) writer.uint(header.height).blob(encodeCertificate(certificate));
  return writer.finish();
}

/** The ends of epochs as snapshots keep them. */
export function epochsOf(steps: readonly EpochStep[]): Uint8Array {
  const writer = new Writer();
  for (const { header, body, certificate } of steps)
    writer.fixed(encodeHeader(header), HEADER_BYTES).blob(body).blob(encodeCertificate(certificate));
  return writer.finish();
}

function wrong(height: number): ReplicaError {
  return new ReplicaError('PARENT_PROOF_WRONG', 'a peer gave a snapshot that is not the one it said', { height });
}
