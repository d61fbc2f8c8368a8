import { invariant } from '@quorate/errors';
import {
  PageRequestError,
  matching,
  type BalanceView,
  type Ledger,
  type Page,
  type PageRequest,
  type RowFilter,
  type TransferView,
} from '@quorate/ledger';
import { TRANSFER_FLAGS, decodeOperation, type ResultPosition } from '@quorate/protocol';
import type { StatementPoint } from '@quorate/transport';
import { AccountMilestones } from './account-milestones';
import type { BlockTimes } from './block-times';
import { PageWork } from './page-work';
import type { PastBlocks } from './past-blocks';
import { ReplicaError } from './replica-error';

/** Blocks read for one page; when they are used up the page ends, maybe empty, and its cursor goes on. */
const PAGE_BLOCKS_MAX = 128;

/** Blocks whose outcomes are read for one page on the way back to where a list of an account's oldest transfers begins. */
const WALKED_BLOCKS_MAX = 512;

const MISSING = Symbol('a block that is not held');

const ROW_CURSOR = /^[1-9][0-9]{0,9}$/;
const POSITION_CURSOR = /^([1-9][0-9]{0,14})\.(0|[1-9][0-9]{0,4})$/;
/** The beginning of an account's history, before its first result. */
const BEGINNING = '0.0';

/** Which transfers a list is asked for. */
export interface TransfersRequest extends PageRequest {
  readonly filter: RowFilter;
  readonly from: StatementPoint | null;
  readonly to: StatementPoint | null;
}

/** Which transfers of one account. */
export interface AccountTransfersRequest extends TransfersRequest {
  readonly account: bigint;
  /** Only those that debit it, or only those that credit it. */
  readonly side: 'debit' | 'credit' | null;
  readonly oldestFirst?: boolean;
}

/** A transfer of an account with what it left there. */
export interface BalanceEntry {
  readonly transfer: TransferView;
  readonly balance: BalanceView;
}

type Bounds = Pick<RowFilter, 'timestampMinNs' | 'timestampMaxNs'> & {
  readonly heightMin: number;
  readonly heightMax: number;
};

/** One result of an account, and where the one before it is; `view` if it is a transfer that may be shown. */
interface Step {
  readonly view: TransferView | undefined;
  readonly before: number | ResultPosition | null;
  readonly atNs: bigint;
  readonly height: number;
}

/**
 * All transfers ever made: the newest from memory, older ones from their blocks and what these left behind. An account's are found from
 * each to the one before it, without looking at any other account's.
 */
export class TransferHistory {
  constructor(
    private readonly ledger: Ledger,
    private readonly blocks: PastBlocks,
    private readonly times: BlockTimes,
    private readonly milestones = new AccountMilestones(ledger, blocks),
  ) {}

  /** An applied transfer, however old; undefined if there is none of this id. */
  transfer(id: bigint): Promise<TransferView | undefined> {
    return this.at(this.ledger.history.find(id));
  }

  /** All transfers, newest or oldest first. */
  async list(request: TransfersRequest, oldestFirst: boolean): Promise<Page<TransferView>> {
    const { history } = this.ledger;
    const bounds = boundsOf(request);
    const [first, end] = await this.rowsWithin(bounds);
    const isShown = matching({ ...request.filter, ...bounds });
    const step = oldestFirst ? 1 : -1;
    const data: TransferView[] = [];
    const work = new PageWork(PAGE_BLOCKS_MAX);
    let row = oldestFirst ? first : end - 1;
    if (request.cursor !== undefined && request.cursor !== null) {
      row = ROW_CURSOR.test(request.cursor) ? Number(request.cursor) - 1 : -1;
      if (row < 0 || row >= history.size) throw cursorInvalid();
    }
    for (; row >= first && row < end && data.length < request.limit && !work.isSpent; row += step) {
      work.row();
      const view = await unlessMissing(this.at(row, work), data.length > 0);
      if (view === MISSING) break;
      if (view !== undefined && (isShown === undefined || isShown(view))) data.push(view);
    }
    return { data, nextCursor: row >= first && row < end ? String(row + 1) : null };
  }

  /** The transfers of an account, newest or oldest first. */
  async ofAccount(request: AccountTransfersRequest): Promise<Page<TransferView>> {
    return this.ofAccountAs(request, new PageWork(PAGE_BLOCKS_MAX), (view) => Promise.resolve(view));
  }

  /** The same, each with the account's sums after it. */
  async balances(request: AccountTransfersRequest): Promise<Page<BalanceEntry>> {
    const work = new PageWork(PAGE_BLOCKS_MAX);
    return this.ofAccountAs(request, work, async (transfer) => {
      work.block(transfer.height);
      const outcome = await this.blocks.outcome(transfer.height);
      const balance = this.ledger.history.balance(request.account, transfer, outcome);
      invariant(balance !== null, 'a transfer of an account left sums in it', { height: transfer.height });
      return { transfer, balance };
    });
  }

  private ofAccountAs<Entry>(
    request: AccountTransfersRequest,
    work: PageWork,
    entryOf: (view: TransferView) => Promise<Entry>,
  ): Promise<Page<Entry>> {
    return request.oldestFirst === true ? this.climb(request, work, entryOf) : this.walk(request, work, entryOf);
  }

  /** Oldest first; the cursor is the result looked at last. */
  private async climb<Entry>(
    request: AccountTransfersRequest,
    work: PageWork,
    entryOf: (view: TransferView) => Promise<Entry>,
  ): Promise<Page<Entry>> {
    const { history } = this.ledger;
    const bounds = boundsOf(request);
    const { timestampMinNs, heightMax } = bounds;
    const firstNs = timestampMinNs === undefined ? 0 : await this.times.lastUpTo(timestampMinNs);
    const heightMin = Math.max(bounds.heightMin, firstNs);
    const isAsked = askedOf(request, bounds);
    const walking = new PageWork(WALKED_BLOCKS_MAX);
    const data: Entry[] = [];
    let after = afterOf(request);
    for (;;) {
      const next = this.milestones.next(request.account, after, heightMin, walking);
      const found = await unlessMissing(next, data.length > 0);
      if (found === MISSING || found === null)
        return { data, nextCursor: after === null ? BEGINNING : cursorOf(after) };
      if (found.length === 0) return { data, nextCursor: null };
      for (const position of found) {
        if (position.height > heightMax) return { data, nextCursor: null };
        const isFull = data.length >= request.limit || work.isSpent;
        const entry = isFull
          ? MISSING
          : await unlessMissing(this.entryAt(history.rowAt(position), work, isAsked, entryOf), data.length > 0);
        if (entry === MISSING) return { data, nextCursor: after === null ? BEGINNING : cursorOf(after) };
        if (entry !== undefined) data.push(entry);
        after = position;
      }
    }
  }

  private async entryAt<Entry>(
    row: number,
    work: PageWork,
    isAsked: (view: TransferView) => boolean,
    entryOf: (view: TransferView) => Promise<Entry>,
  ): Promise<Entry | undefined> {
    work.row();
    const view = await this.at(row, work);
    return view !== undefined && isAsked(view) ? entryOf(view) : undefined;
  }

  private async walk<Entry>(
    request: AccountTransfersRequest,
    work: PageWork,
    entryOf: (view: TransferView) => Promise<Entry>,
  ): Promise<Page<Entry>> {
    const { account, limit } = request;
    const bounds = boundsOf(request);
    const isAsked = askedOf(request, bounds);
    const data: Entry[] = [];
    let at = this.startOf(request);
    while (at !== null && data.length < limit && !work.isSpent) {
      work.row();
      const step = await unlessMissing(this.step(account, at, bounds, work), data.length > 0);
      if (step === MISSING) break;
      const { view, before, atNs, height } = step;
      if (view !== undefined && isAsked(view)) {
        const entry = await unlessMissing(entryOf(view), data.length > 0);
        if (entry === MISSING) break;
        data.push(entry);
      }
      const isEarlier = bounds.timestampMinNs !== undefined && atNs < bounds.timestampMinNs;
      at = isEarlier || height < bounds.heightMin ? null : before;
    }
    return { data, nextCursor: at === null ? null : cursorOf(at) };
  }

  /** Where an account's list begins: a row of a transfer plus one while memory holds it, else the position of a result. */
  private startOf({ account, cursor }: AccountTransfersRequest): number | ResultPosition | null {
    const { history } = this.ledger;
    if (cursor === undefined || cursor === null) return history.newestOf(account) || null;
    const [, height, index] = POSITION_CURSOR.exec(cursor) ?? [];
    if (height !== undefined) return { height: Number(height), index: Number(index) };
    if (!ROW_CURSOR.test(cursor) || Number(cursor) > history.size) throw cursorInvalid();
    return Number(cursor);
  }

  /** One step back along an account's chain. */
  private async step(account: bigint, at: number | ResultPosition, bounds: Bounds, work: PageWork): Promise<Step> {
    const { history } = this.ledger;
    if (typeof at === 'number') {
      const view = history.held(at - 1);
      if (view === undefined) return this.step(account, history.positionOf(at - 1), bounds, work);
      const before = history.previousOf(at - 1, account);
      if (before === null) throw cursorInvalid();
      return { view, before: before || null, atNs: view.timestampNs, height: view.height };
    }
    work.block(at.height);
    if (at.height > this.ledger.height) throw cursorInvalid();
    const outcome = await this.blocks.outcome(at.height);
    const result = this.ledger.accountResult(account, outcome, at.index);
    if (result === null) throw cursorInvalid();
    const atNs = outcome.timeNs + BigInt(at.index);
    const row = history.rowAt(at);
    const { timestampMaxNs, heightMax } = bounds;
    const isLater = at.height > heightMax || (timestampMaxNs !== undefined && atNs > timestampMaxNs);
    const view = row < 0 || isLater ? undefined : await this.at(row, work);
    return { view, before: result.previous.height === 0 ? null : result.previous, atNs, height: at.height };
  }

  /** The applied transfer of a row; undefined if it failed. */
  private async at(row: number, work?: PageWork): Promise<TransferView | undefined> {
    const { history } = this.ledger;
    if (row < 0 || !history.isApplied(row)) return undefined;
    return history.held(row) ?? (await this.past(row, work));
  }

  private async past(row: number, work?: PageWork): Promise<TransferView> {
    const { history } = this.ledger;
    const { height, index } = history.positionOf(row);
    work?.block(height);
    const { outcome, operation } = await this.blocks.of(height);
    const found = decodeOperation(operation(index));
    invariant(found.kind === 'create_transfer', 'an id is used up by a transfer', { height, index });
    const { pendingId, flags } = found.transfer;
    const resolves = (flags & (TRANSFER_FLAGS.postPendingTransfer | TRANSFER_FLAGS.voidPendingTransfer)) !== 0;
    const pending = resolves ? await this.at(history.find(pendingId), work) : undefined;
    return history.past({ height, index }, found.transfer, outcome, pending ?? null);
  }

  /** Rows in the blocks that the bounds leave, from the first to behind the last. */
  private async rowsWithin({ timestampMinNs, timestampMaxNs, ...heights }: Bounds): Promise<[number, number]> {
    let { heightMin, heightMax } = heights;
    if (timestampMinNs !== undefined) heightMin = Math.max(heightMin, await this.times.lastUpTo(timestampMinNs));
    if (timestampMaxNs !== undefined) heightMax = Math.min(heightMax, await this.times.lastUpTo(timestampMaxNs));
    const { history } = this.ledger;
    return [history.rowsBelow(heightMin), history.rowsBelow(heightMax + 1)];
  }
}

/** A block that is not held ends a page that has something to show; the next page begins with it, and fails. */
async function unlessMissing<Found>(reading: Promise<Found>, endsPage: boolean): Promise<Found | typeof MISSING> {
  try {
    return await reading;
  } catch (error) {
    if (endsPage && error instanceof ReplicaError) return MISSING;
    throw error;
  }
}

function boundsOf({ from, to }: TransfersRequest): Bounds {
  return {
    heightMin: from !== null && 'height' in from ? from.height : 0,
    heightMax: to !== null && 'height' in to ? to.height : Number.MAX_SAFE_INTEGER,
    ...(from !== null && 'timeNs' in from ? { timestampMinNs: BigInt(from.timeNs) } : {}),
    ...(to !== null && 'timeNs' in to ? { timestampMaxNs: BigInt(to.timeNs) } : {}),
  };
}

/** Whether a transfer of the account is one that was asked for. */
function askedOf({ account, side, filter }: AccountTransfersRequest, bounds: Bounds): (view: TransferView) => boolean {
  const isShown = matching({ ...filter, ...bounds });
  const { heightMin, heightMax } = bounds;
  return (view) =>
    view.height >= heightMin &&
    view.height <= heightMax &&
    (side === null || (side === 'debit' ? view.debitAccount : view.creditAccount) === account) &&
    (isShown === undefined || isShown(view));
}

/** Behind which result a list of the oldest transfers goes on; null at the beginning. */
function afterOf({ cursor }: AccountTransfersRequest): ResultPosition | null {
  if (cursor === undefined || cursor === null || cursor === BEGINNING) return null;
  const [, height, index] = POSITION_CURSOR.exec(cursor) ?? [];
  if (height === undefined) throw cursorInvalid();
  return { height: Number(height), index: Number(index) };
}

function cursorOf(at: number | ResultPosition): string {
  return typeof at === 'number' ? String(at) : `${at.height}.${at.index}`;
}

function cursorInvalid(): PageRequestError {
  return new PageRequestError('CURSOR_INVALID', 'the cursor is not of this list');
}
