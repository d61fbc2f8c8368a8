import { CodecError } from '@quorate/codec';
import { hex } from '@quorate/crypto';
import type { AccountResult } from '@quorate/ledger';
import {
  encodeFinalityProof,
  encodeGenesis,
  formatId,
  receiptRecord,
  receiptSide,
  type Genesis,
  type ResultPosition,
  type Statement,
  type StatementBlock,
  type StatementLine,
} from '@quorate/protocol';
import type { StatementPoint } from '@quorate/transport';
import type { BlockTimes } from './block-times';
import type { Executor } from './executor';
import type { ProvingTip } from './receipts';
import { historyIncomplete } from './replica-error';
import type { ResultTrees } from './result-trees';

/** Blocks whose outcomes are read for one page while looking for its first line; then the page is empty and has a cursor. */
const WALKED_BLOCKS_MAX = 512;

/** Results whose leaves are hashed for one page: about a tenth of a second. */
const PAGE_RESULTS_MAX = 65_536;

const CURSOR_PATTERN = /^([1-9][0-9]{0,14})\.(0|[1-9][0-9]{0,4})$/;

/** What a page of a statement is asked for. */
export interface StatementRequest {
  readonly account: bigint;
  readonly from: StatementPoint | null;
  readonly to: StatementPoint | null;
  readonly limit: number;
  /** Where to go on, from the newest to older lines. */
  readonly cursor: string | null;
  /** Position of an attestation to be shown. */
  readonly attestation: string | null;
}

/** One page; null when there is nothing to show in it. */
export interface StatementPage {
  readonly kind: 'statement';
  readonly statement: Statement | null;
  readonly nextCursor: string | null;
}

interface Walk {
  /** Newest first. */
  readonly lines: ResultPosition[];
  readonly next: ResultPosition | null;
}

/**
 * Makes statements by walking an account's results backwards: each names the one before it. A page holds the lines from height `from` to
 * `to`, and, as proof that there are no others, the next newer line and the next older one.
 */
export class Statements {
  private readonly genesisHex: string;

  constructor(
    private readonly genesis: Genesis,
    private readonly times: BlockTimes,
    private readonly executor: Executor,
    private readonly trees: ResultTrees,
  ) {
    this.genesisHex = hex(encodeGenesis(genesis));
  }

  /** One page, proved by `tip`; null if there is no such account. */
  async page(request: StatementRequest, tip: ProvingTip): Promise<StatementPage | null> {
    const head = this.executor.ledger.accountHead(request.account);
    if (head === null) return null;
    const provenHeight = tip.header.execHeight;
    const start = request.cursor === null ? head : positionOf(request.cursor, 'cursor');
    const from = request.from === null ? 1 : await this.heightOf(request.from, 'first');
    const to = request.to === null ? provenHeight : Math.min(provenHeight, await this.heightOf(request.to, 'last'));
    const { lines, next } = await this.walk(request, start, { from, to, provenHeight });
    const nextCursor = next === null ? null : `${next.height}.${next.index}`;
    if (lines.length === 0) return { kind: 'statement', statement: null, nextCursor };
    const attestation = request.attestation === null ? null : positionOf(request.attestation, 'attestation');
    return {
      kind: 'statement',
      statement: await this.statement(request.account, lines.reverse(), attestation, tip),
      nextCursor,
    };
  }

  /** Whether the account's newest result is proved by `tip` already; of a busy account it hardly ever is. */
  isWhole({ account }: StatementRequest, tip: ProvingTip): boolean {
    return (this.executor.ledger.accountHead(account)?.height ?? 0) <= tip.header.execHeight;
  }

  /** Whether the attestation to be shown is proved by `tip` already. */
  isAttested({ attestation }: StatementRequest, tip: ProvingTip): boolean {
    return attestation === null || positionOf(attestation, 'attestation').height <= tip.header.execHeight;
  }

  /** Height up to which results are those of the parent. */
  private get inheritedTo(): number {
    return this.genesis.parent?.height ?? 0;
  }

  private async walk(
    { account, limit }: StatementRequest,
    start: ResultPosition,
    { from, to, provenHeight }: { readonly from: number; readonly to: number; readonly provenHeight: number },
  ): Promise<Walk> {
    const lines: ResultPosition[] = [];
    let newer: ResultPosition | null = null;
    let position: ResultPosition = start;
    let walkedBlocks = 0;
    let results = 0;
    // What a fork has from its parent was booked there.
    const inheritedTo = this.inheritedTo;
    for (let height = 0; position.height > inheritedTo;) {
      const found = await this.result(account, position);
      if (position.height !== height) {
        height = position.height;
        walkedBlocks += 1;
        if (lines.length > 0) results += found.blockResults;
      }
      if (position.height > to) {
        newer = position;
      } else {
        if (newer !== null && newer.height <= provenHeight) lines.push(newer);
        newer = null;
        lines.push(position);
        if (position.height < from) return { lines, next: null };
      }
      position = found.previous;
      const full = lines.length >= limit || results > PAGE_RESULTS_MAX;
      if (position.height > inheritedTo && (full || (lines.length === 0 && walkedBlocks >= WALKED_BLOCKS_MAX)))
        return { lines, next: newer ?? position };
    }
    // Everything is newer than asked for: the creation of the account, or the beginning of the fork, shows that nothing was before.
    if (newer !== null && newer.height <= provenHeight) lines.push(newer);
    return { lines, next: null };
  }

  private async result(account: bigint, position: ResultPosition): Promise<AccountResult> {
    const { ledger, height } = this.executor;
    if (position.height > height) throw new CodecError('CODEC_INVALID', 'there is no block of this height yet');
    const outcome = await this.executor.outcome(position.height);
    if (outcome === null) throw historyIncomplete(position.height);
    const found = ledger.accountResult(account, outcome, position.index);
    if (found === null) throw new CodecError('CODEC_INVALID', 'the account has no result at this position');
    return found;
  }

  private async statement(
    account: bigint,
    positions: readonly ResultPosition[],
    attestation: ResultPosition | null,
    tip: ProvingTip,
  ): Promise<Statement> {
    const blocks = new Map<number, StatementBlock>();
    const lines: StatementLine[] = [];
    for (const position of positions) lines.push(await this.line(account, position, blocks, tip));
    const attested = attestation === null ? null : await this.line(account, attestation, blocks, tip);
    return {
      version: 1,
      genesis: this.genesisHex,
      account: formatId(account),
      blocks: [...blocks.values()].sort((left, right) => left.height - right.height),
      lines,
      attestation: attested,
      header: hex(tip.headerBytes),
      certificate: hex(encodeFinalityProof(tip.certificate, tip.epochs)),
    };
  }

  private async line(
    account: bigint,
    { height, index }: ResultPosition,
    blocks: Map<number, StatementBlock>,
    tip: ProvingTip,
  ): Promise<StatementLine> {
    const tree = await this.trees.of(height);
    if (tree === null) throw historyIncomplete(height);
    if (index >= tree.results.count) throw new CodecError('CODEC_INVALID', 'there is no result at this position');
    const { results, blockKey } = tree;
    if (!blocks.has(height)) {
      const historyPath = this.executor.history.path(height, tip.header.execHeight + 1).map(hex);
      blocks.set(height, { height, blockId: blockKey, resultCount: results.count, historyPath });
    }
    const record = results.record(index);
    return {
      record: receiptRecord(height, record),
      debit: receiptSide(results.debit(index), record.debitAccount === account),
      credit: receiptSide(results.credit(index), record.creditAccount === account),
      resultsPath: results.path(index).map(hex),
    };
  }

  /** The first block from a time on, or the last one up to it. */
  private async heightOf(point: StatementPoint, which: 'first' | 'last'): Promise<number> {
    if ('height' in point) return point.height;
    const timeNs = BigInt(point.timeNs);
    return which === 'first' ? (await this.times.lastUpTo(timeNs - 1n)) + 1 : this.times.lastUpTo(timeNs);
  }
}

function positionOf(text: string, field: string): ResultPosition {
  const [, height, index] = CURSOR_PATTERN.exec(text) ?? [];
  if (height === undefined) throw new CodecError('CODEC_INVALID', `the ${field} is not a position of a result`);
  return { height: Number(height), index: Number(index) };
}
