import type { Block } from '@quorate/consensus';
import { EMPTY_ROOT, HistoryTree, verifySignature } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import {
  LEDGER_LIMITS,
  Ledger,
  decodeOutcome,
  encodeOutcome,
  scanBody,
  type BlockOutcome,
  type BlockResults,
  type EnvelopePosition,
  type ExecutableBlock,
  type StoredOutcome,
} from '@quorate/ledger';
import { genesisId, historyLeaf, type Genesis } from '@quorate/protocol';
import type { ArchivedHistory } from './archived-history';
import { BodyScans } from './body-scans';
import { drawHashKey } from './hash-key';
import type { OutcomeLog } from './outcome-log';
import { RecentOutcomes } from './recent-outcomes';

/** An epoch's end tells consensus something, and the ledger nothing. */
const NOTHING_EXECUTED = new Uint8Array(0);

/** Where an envelope's results stand and what they are. */
export interface EnvelopeResults {
  readonly height: number;
  readonly firstIndex: number;
  /** Time of the block; operation k of the block has this plus k. */
  readonly timeNs: bigint;
  readonly codes: Uint16Array;
}

/** State that execution goes on from instead of the genesis. */
export interface ExecutedState {
  readonly ledger: Ledger;
  /** The history tree over blocks 0..height of the ledger. */
  readonly history: HistoryTree;
}

/** Executes final blocks in height order and remembers what receipts and repeated submissions need of them. */
export class Executor {
  readonly ledger: Ledger;
  readonly scans = new BodyScans();
  readonly history: HistoryTree;
  /** Height at which this replica's execution began. */
  readonly baseHeight: number;
  private readonly recent = new RecentOutcomes();

  constructor(
    genesis: Genesis,
    private readonly log: OutcomeLog,
    state: ExecutedState | null = null,
    private readonly archive: ArchivedHistory | null = null,
  ) {
    this.ledger = state?.ledger ?? Ledger.create(genesis, verifySignature, LEDGER_LIMITS, drawHashKey());
    this.history = state?.history ?? new HistoryTree();
    this.baseHeight = this.ledger.height;
    if (state === null) this.history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
    invariant(this.history.size === this.baseHeight + 1, 'the history tree ends where the ledger stands');
  }

  /** Height of the last executed block. */
  get height(): number {
    return this.ledger.height;
  }

  execute(block: Block): BlockOutcome {
    const { height, timeNs } = block.header;
    const outcome = this.run(block);
    const leaf = historyLeaf(block.id, outcome.resultsRoot);
    this.history.append(leaf);
    const { codes, captured } = outcome;
    this.recent.add(height, { timeNs, codes, captured });
    this.log.append(height, { timeNs, codes, captured }, leaf);
    return outcome;
  }

  /** Executes a block again. Its results are not hashed if it is noted what came of that: this takes half of the time. */
  async executeAgain(block: Block): Promise<void> {
    const { height, timeNs } = block.header;
    const leaf = await this.log.leaf(height);
    if (leaf === null) {
      this.execute(block);
      return;
    }
    const { codes, captured } = this.run(block);
    this.history.append(leaf);
    this.recent.add(height, { timeNs, codes, captured });
  }

  /** Root of the history tree over blocks 0..height. */
  execRoot(height: number): Uint8Array {
    return this.history.root(height + 1);
  }

  /** Results of an executed block with their tree; null if what is needed of it is neither in memory nor in the log. */
  async blockResults({ header, body }: Block): Promise<BlockResults | null> {
    const { height, timeNs } = header;
    const executed = header.kind === 'epoch_end' ? NOTHING_EXECUTED : body;
    const outcome = await this.outcome(height);
    return outcome === null
      ? null
      : this.ledger.blockResults({ height, timeNs }, executed, outcome.codes, outcome.captured);
  }

  /** What an executed block did; null if it is neither in memory, nor in the log, nor in the archive. */
  async outcome(height: number): Promise<StoredOutcome | null> {
    if (height < 1 || height > this.height) return null;
    const held = this.recent.get(height) ?? (await this.log.read(height));
    if (held !== null || this.archive === null) return held;
    const archived = (await this.archive.find(height))?.outcome ?? null;
    return archived === null ? null : decodeOutcome(archived);
  }

  /** Whether the outcomes of all executed blocks are durable. */
  syncOutcomes(): Promise<boolean> {
    return this.log.sync().then(
      () => true,
      () => false,
    );
  }

  /** Drops what was noted of blocks below a height. */
  pruneOutcomes(height: number): Promise<void> {
    return this.log.dropBelow(height);
  }

  close(): Promise<void> {
    return this.log.close();
  }

  /** Where the results of an executed envelope stand, as long as the ledger remembers it. */
  envelopePosition(hash: Uint8Array): EnvelopePosition | null {
    return this.ledger.envelopeOutcome(hash) ?? null;
  }

  /** Results of an executed envelope; null if they are neither in memory nor in the log. */
  async results(position: EnvelopePosition): Promise<EnvelopeResults | null> {
    return envelopeResults(position, await this.outcome(position.height));
  }

  /** The same, of a block among the newest ones. */
  recentResults(position: EnvelopePosition): EnvelopeResults | null {
    return envelopeResults(position, this.recent.get(position.height) ?? null);
  }

  /** What execution noted of a block, as the archive keeps it; null if it is not held. */
  async encodedOutcome(height: number): Promise<Uint8Array | null> {
    const outcome = await this.outcome(height);
    return outcome === null ? null : encodeOutcome(outcome);
  }

  private run(block: Block): BlockOutcome {
    const { height, timeNs } = block.header;
    invariant(height === this.height + 1, 'blocks are executed in height order', { height });
    return this.ledger.executeBlock({ height, timeNs, envelopes: this.partsOf(block) });
  }

  private partsOf({ header, body }: Block): ExecutableBlock['envelopes'] {
    return header.kind === 'epoch_end' ? [] : (this.scans.take(body) ?? scanBody(body));
  }
}

function envelopeResults(position: EnvelopePosition, outcome: StoredOutcome | null): EnvelopeResults | null {
  if (outcome === null) return null;
  const { height, firstIndex, count } = position;
  return { height, firstIndex, timeNs: outcome.timeNs, codes: outcome.codes.subarray(firstIndex, firstIndex + count) };
}
