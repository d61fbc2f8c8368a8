import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hex } from '@quorate/crypto';
import { decodeGenesis, type Genesis } from '@quorate/protocol';
import { nodeCryptography, nodeTimers, openNodeDirectory } from '@quorate/runtime-node';
import { SnapshotStore, Vault } from '@quorate/storage';
import { TransportError, connectReplica, type TlsIdentity } from '@quorate/transport';
import { RemoteChain } from './chain-frames';
import { resolvePoint, restoreChain, type ChainPoint, type RestoredChain } from './chain-restorer';
import type { ChainSource } from './chain-source';
import { writeForkState } from './fork-state';
import type { AcquiredState, ForkPoint, ReplicaCommand, ReplicaReport } from './process-messages';
import { ReplicaError } from './replica-error';

type AcquireCommand = Extract<ReplicaCommand, { kind: 'acquire' }>;

const CONNECT_MS_MAX = 3_000;

/** The parent's replicas may not have been told yet whom they have to let in. */
const CONNECT_EVERY_MS = 100;
const CONNECT_ROUNDS_MAX = 100;

/** So often another replica is tried when one ends in the middle. */
const SOURCES_MAX = 4;

/** Makes the state of the parent for a fork in this directory and tells what it is. Throws ReplicaError or StorageError. */
export async function acquireState(
  command: AcquireCommand,
  identity: TlsIdentity,
  report: (report: ReplicaReport) => void,
): Promise<void> {
  const startedMs = performance.now();
  const genesis = decodeGenesis(new Uint8Array(command.parent.genesis));
  const restored = await withChain(command, identity, async (chain) => {
    const height = await resolvePoint(genesis, chain, pointOf(command.point));
    report({ kind: 'point', height });
    return restoreChain(genesis, chain, height);
  });
  const state = await keep(command, genesis, restored);
  report({ kind: 'acquired', state: { ...state, elapsedMs: performance.now() - startedMs } });
}

/** Works with the chain as one of the parent's replicas gives it; when that one goes away, with the next. */
async function withChain<Result>(
  { parent }: AcquireCommand,
  identity: TlsIdentity,
  work: (chain: ChainSource) => Promise<Result>,
): Promise<Result> {
  let tried = 0;
  for (let round = 0; round < CONNECT_ROUNDS_MAX; round += 1) {
    for (const participant of parent.participants) {
      try {
        const connection = await connectReplica({
          ...participant,
          clientKey: identity.key,
          clientCertificate: identity.certificate,
          timeoutMs: CONNECT_MS_MAX,
        });
        try {
          const chain = new RemoteChain(connection);
          // Whoever is not let in learns it with the first answer.
          await chain.tip();
          tried += 1;
          return await work(chain);
        } finally {
          connection.close();
        }
      } catch (error) {
        if (!(error instanceof TransportError) || tried >= SOURCES_MAX) throw error;
      }
    }
    await sleep(CONNECT_EVERY_MS);
  }
  throw new ReplicaError('PARENT_UNREACHABLE', 'no replica of the parent can be reached');
}

async function keep(
  { directory, ledgerId, dataKeys }: AcquireCommand,
  genesis: Genesis,
  restored: RestoredChain,
): Promise<Omit<AcquiredState, 'elapsedMs'>> {
  const vault = new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(ledgerId),
    keys: dataKeys.map(({ generation, key }) => ({ generation, key: new Uint8Array(key) })),
  });
  const snapshots = await SnapshotStore.open({
    directory: await openNodeDirectory(join(directory, 'snapshots')),
    vault,
  });
  try {
    // What an interrupted try left behind.
    for (const snapshot of snapshots.newestFirst) await snapshots.discard(snapshot);
    const pause = (): Promise<void> => new Promise((resolve) => nodeTimers.soon(resolve));
    const parent = await writeForkState(genesis, restored, snapshots, pause);
    const { evidence } = restored;
    return {
      genesisId: hex(parent.genesisId),
      height: parent.height,
      timeNs: parent.timeNs.toString(),
      blockId: hex(parent.blockId),
      execRoot: hex(parent.execRoot),
      stateRoot: hex(parent.stateRoot),
      tipHeight: evidence.tipHeight,
      tipTimeNs: evidence.tipTimeNs.toString(),
      snapshotHeight: evidence.snapshotHeight,
      blocksExecuted: evidence.blocksExecuted,
      operationsExecuted: evidence.operationsExecuted,
      stateBytes: snapshots.newestFirst[0]?.state.sections.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0) ?? 0,
      counts: evidence.trialBalance.counts,
      trialBalance: evidence.trialBalance.assets.map(({ asset, accounts, debitsPosted, debitsPending }) => ({
        asset,
        accounts,
        postedMinor: debitsPosted.toString(),
        pendingMinor: debitsPending.toString(),
      })),
    };
  } finally {
    await snapshots.close();
  }
}

function pointOf(point: ForkPoint): ChainPoint | null {
  if (point === 'newest') return null;
  if ('height' in point) return { kind: 'height', height: point.height };
  return { kind: 'time', timeNs: BigInt(point.timeNs) };
}
