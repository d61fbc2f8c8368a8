import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hex } from '@quorate/crypto';
import { CodedError } from '@quorate/errors';
import { decodeGenesis, type Genesis } from '@quorate/protocol';
import { nodeCryptography, nodeTimers, openNodeDirectory } from '@quorate/runtime-node';
import { Archive, SnapshotStore, Vault } from '@quorate/storage';
import { TransportError, connectReplica, type TlsIdentity } from '@quorate/transport';
import { ArchivedChain } from './archived-chain';
import { RemoteChain } from './chain-frames';
import { resolvePoint, restoreFork, type ChainPoint, type RestoredFork } from './chain-restorer';
import type { ChainSource } from './chain-source';
import type { AcquiredState, ForkPoint, ReplicaCommand, ReplicaReport } from './process-messages';
import { openObjectStore } from './object-stores';
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
  const snapshots = await SnapshotStore.open({
    directory: await openNodeDirectory(join(command.directory, 'snapshots')),
    vault: vaultOf(new Uint8Array(command.ledgerId), command.dataKeys),
  });
  const restore = async (chain: ChainSource): Promise<RestoredFork> => {
    const height = await resolvePoint(genesis, chain, pointOf(command.point));
    report({ kind: 'point', height });
    // What an interrupted try left behind.
    for (const snapshot of snapshots.newestFirst) await snapshots.discard(snapshot);
    const pause = (): Promise<void> => new Promise((resolve) => nodeTimers.soon(resolve));
    return restoreFork(genesis, chain, height, snapshots, pause);
  };
  try {
    const restored = await fromReplicas(command, identity, restore).catch((error: unknown) => {
      const archive = archiveOf(command, genesis);
      if (archive === null || !isElsewhere(error)) throw error;
      return restore(archive);
    });
    const state = acquiredState(restored);
    report({ kind: 'acquired', state: { ...state, elapsedMs: performance.now() - startedMs } });
  } finally {
    await snapshots.close();
  }
}

/** Works with the chain as one of the parent's replicas gives it; when that one goes away, with the next. */
async function fromReplicas<Result>(
  { parent }: AcquireCommand,
  identity: TlsIdentity,
  work: (chain: ChainSource) => Promise<Result>,
): Promise<Result> {
  let tried = 0;
  if (parent.participants.length === 0) throw unreachable();
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
  throw unreachable();
}

function unreachable(): ReplicaError {
  return new ReplicaError('PARENT_UNREACHABLE', 'no replica of the parent can be reached');
}

/** What no replica gives, the archive may have. */
function isElsewhere(error: unknown): boolean {
  const code = error instanceof CodedError ? error.code : '';
  return error instanceof TransportError || ['PARENT_UNREACHABLE', 'PARENT_STATE_NOT_HELD'].includes(code);
}

function archiveOf({ parent }: AcquireCommand, genesis: Genesis): ChainSource | null {
  if (parent.archive === null) return null;
  const { store, keys } = parent.archive;
  const vault = vaultOf(genesis.ledgerId, keys);
  return new ArchivedChain(genesis, new Archive({ store: openObjectStore(store), vault }));
}

function acquiredState({ parent, evidence }: RestoredFork): Omit<AcquiredState, 'elapsedMs'> {
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
    stateBytes: evidence.stateBytes,
    counts: evidence.trialBalance.counts,
    trialBalance: evidence.trialBalance.assets.map(({ asset, accounts, debitsPosted, debitsPending }) => ({
      asset,
      accounts,
      postedMinor: debitsPosted.toString(),
      pendingMinor: debitsPending.toString(),
    })),
  };
}

function vaultOf(ledgerId: Uint8Array, keys: AcquireCommand['dataKeys']): Vault {
  return new Vault({
    cryptography: nodeCryptography,
    ledgerId,
    keys: keys.map(({ generation, key }) => ({ generation, key: new Uint8Array(key) })),
  });
}

function pointOf(point: ForkPoint): ChainPoint | null {
  if (point === 'newest') return null;
  if ('height' in point) return { kind: 'height', height: point.height };
  return { kind: 'time', timeNs: BigInt(point.timeNs) };
}
