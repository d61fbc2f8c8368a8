// A state that somebody else holds, on its way into a store of one's own: chunk by chunk, each proved by the root that the caller has
// demanded, sealed as it comes, and never whole in memory unless a ledger is to be made of it.
import { HistoryTree, equalBytes } from '@quorate/crypto';
import { RestoredSections, type SectionName } from '@quorate/ledger';
import { STATE_CHUNK_BYTES, chunkCount } from '@quorate/protocol';
import { SnapshotImport, type SnapshotStore, type StoredSnapshot } from '@quorate/storage';
import type { ChainSource, ChunkVisit, OfferedState } from './chain-source';
import { ReplicaError } from './replica-error';
import { HISTORY_SECTION, LEDGER_SECTIONS, readHistory } from './state-sections';

/** Chunks asked for at once: they are on their way while others are checked. */
const CHUNKS_UNDER_WAY_MAX = 32;

/** A state in the store, and what of it was wanted in memory. */
export interface CopiedState {
  readonly snapshot: StoredSnapshot;
  readonly sections: RestoredSections;
  /** History of the ledger up to the state. */
  readonly history: HistoryTree;
}

/** Copies a state whose root is proved. Nothing of it stays when it throws, ReplicaError or what source and store throw. */
export async function copyState(
  source: ChainSource,
  { state }: OfferedState,
  snapshots: SnapshotStore,
  wanted: ReadonlySet<SectionName>,
): Promise<CopiedState> {
  const incoming = await SnapshotImport.begin(snapshots, state);
  try {
    const copy = new StateCopy(source, state, incoming, wanted);
    const history = await copy.run();
    const snapshot = await incoming.finish(new Uint8Array(0), null);
    if (snapshot === null) throw dropped();
    return { snapshot, sections: copy.sections, history };
  } catch (error) {
    await incoming.abandon();
    throw error;
  }
}

class StateCopy {
  readonly sections = new RestoredSections();
  private readonly known = new Set<number>();
  private history = new Uint8Array(0);

  constructor(
    private readonly source: ChainSource,
    private readonly state: OfferedState['state'],
    private readonly incoming: SnapshotImport,
    private readonly wanted: ReadonlySet<SectionName>,
  ) {}

  async run(): Promise<HistoryTree> {
    const { state, source, incoming } = this;
    for (const { number, lengthBytes } of state.sections) {
      const hashes = await source.chunkHashes(state.height, number);
      if (hashes === null) throw dropped();
      if (!incoming.hashes(number, hashes))
        throw wrong('the hashes of a section are not those of the state', state.height);
      this.known.add(number);
      const name = this.wantedName(number);
      if (name !== undefined) this.sections.begin(name, lengthBytes);
      else if (number === HISTORY_SECTION) this.history = new Uint8Array(lengthBytes);
    }
    await this.load();
    const tree = readHistory(this.history);
    if (tree.size !== state.height + 1 || !equalBytes(tree.root(), state.execRoot))
      throw wrong('the history of the snapshot is not that of its state', state.height);
    return tree;
  }

  /** All chunks at once if the source can, else one by one with many on their way. */
  private async load(): Promise<void> {
    const { source, state, incoming } = this;
    if (source.loadState !== undefined) {
      if (!(await source.loadState(state.height, this.take, () => incoming.room()))) throw dropped();
      return;
    }
    for (const { number, lengthBytes } of state.sections) {
      const count = chunkCount(lengthBytes);
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < count) {
          const index = next++;
          const chunk = await source.chunk(state.height, number, index);
          if (chunk === null) throw dropped();
          this.take(number, index, chunk);
          await incoming.room();
        }
      };
      await Promise.all(Array.from({ length: Math.min(count, CHUNKS_UNDER_WAY_MAX) }, lane));
    }
  }

  private readonly take: ChunkVisit = (number, index, chunk) => {
    // Sections outside the state root may come along.
    if (!this.known.has(number)) return;
    if (!this.incoming.take(number, index, chunk)) throw wrong('a chunk is not what its hash says', this.state.height);
    const name = this.wantedName(number);
    if (name !== undefined) this.sections.write(name, index * STATE_CHUNK_BYTES, chunk);
    else if (number === HISTORY_SECTION) this.history.set(chunk, index * STATE_CHUNK_BYTES);
  };

  private wantedName(number: number): SectionName | undefined {
    const name = LEDGER_SECTIONS.get(number);
    return name !== undefined && this.wanted.has(name) ? name : undefined;
  }
}

function dropped(): ReplicaError {
  return new ReplicaError('PARENT_STATE_NOT_HELD', 'the snapshot was dropped meanwhile');
}

function wrong(message: string, height: number): ReplicaError {
  return new ReplicaError('PARENT_PROOF_WRONG', message, { height });
}
