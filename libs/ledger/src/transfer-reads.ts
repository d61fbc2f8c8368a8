import { TRANSFER_FLAGS, type ResultPosition, type TransferDraft } from '@quorate/protocol';
import { ACCOUNT_STATE, BALANCE, BALANCE_WORDS } from './account-table';
import type { BookingTables } from './booking-tables';
import { ID_KIND, type TransferPosition } from './id-log';
import type { StoredOutcome } from './outcome-codec';
import { PENDING_STATES, type PendingState } from './pending-table';
import { CAPTURE, CAPTURE_WORDS, CAPTURED_PENDING_WORDS, PENDING_OF_CREDIT, SIDE } from './result-capture';
import { RESOLVING } from './transfer-table';
import { store, toBigint } from './u128';
import { transferView, type TransferView } from './views';

const ID_LIMIT = 1n << 128n;

/** An account's sums after one result. */
export interface BalanceView extends ResultPosition {
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
  readonly timestampNs: bigint;
}

/**
 * Answers queries about all transfers ever made. Each has a row number, in the order of execution; ids that failed transfers used up have
 * one too. The newest are held in memory; of older ones this knows where they stand, and reads them from what their block left behind.
 */
export class TransferReads {
  private readonly probe = new Uint32Array(4);

  constructor(private readonly tables: BookingTables) {}

  /** Rows there are. */
  get size(): number {
    return this.tables.transfers.size;
  }

  /** Row of the first attempt under an id, or -1. */
  find(id: bigint): number {
    if (id < 0n || id >= ID_LIMIT) return -1;
    store(this.probe, 0, id);
    return this.tables.transfers.find(this.probe, 0);
  }

  /** Where a row stands in the ledger's history, and how it ended. */
  positionOf(row: number): TransferPosition {
    return this.tables.transfers.log.positionOf(row);
  }

  /** Row of the transfer at a position, or -1. */
  rowAt({ height, index }: ResultPosition): number {
    return this.tables.transfers.log.entryAt(height, index);
  }

  /** Number of rows in blocks below a height. */
  rowsBelow(height: number): number {
    return this.tables.transfers.log.firstFrom(height, 0);
  }

  isApplied(row: number): boolean {
    return this.tables.transfers.log.kindOf(row) !== ID_KIND.failed;
  }

  /** The applied transfer of a row, if memory holds it. */
  held(row: number): TransferView | undefined {
    const { transfers, pendings, accounts, assets } = this.tables;
    return transfers.holds(row) ? transferView(row, transfers, pendings, accounts, assets) : undefined;
  }

  /** Row of the newest transfer of an account, held or not, plus one; 0 if there is none. */
  newestOf(account: bigint): number {
    const row = this.accountRow(account);
    return row < 0 ? 0 : this.tables.accounts.balances[row * BALANCE_WORDS + BALANCE.newestTransfer];
  }

  /** The transfer of an account before the one in a held row, held or not, plus one; 0 if there is none; null if the row is not the account's. */
  previousOf(row: number, account: bigint): number | null {
    const { transfers } = this.tables;
    const found = this.accountRow(account);
    return found >= 0 && transfers.touches(row, found) ? transfers.previousOf(row, found) : null;
  }

  /**
   * An applied transfer from its block: `draft` is the operation at `position`, and `pending` what it posted or voided, where it did. Shows the
   * same as `held` did when memory still held it, or would show now.
   */
  past(
    position: ResultPosition,
    draft: TransferDraft,
    { timeNs, captured }: StoredOutcome,
    pending: TransferView | null,
  ): TransferView {
    const { accounts, assets } = this.tables;
    const at = position.index * CAPTURE_WORDS;
    const debit = (captured.rows[at + CAPTURE.debitAccount] - 1) * BALANCE_WORDS;
    const credit = (captured.rows[at + CAPTURE.creditAccount] - 1) * BALANCE_WORDS;
    const resolves = (draft.flags & RESOLVING) !== 0;
    return {
      id: draft.id,
      debitAccount: toBigint(accounts.balances, debit),
      creditAccount: toBigint(accounts.balances, credit),
      amount: toBigint(captured.rows, at + CAPTURE.amount),
      asset: assets.at(accounts.balances[debit + BALANCE.asset]).id,
      code: draft.code || (pending?.code ?? 0),
      flags: draft.flags,
      pendingId: resolves ? draft.pendingId : 0n,
      pendingState: this.pendingStateOf(draft),
      timeoutSeconds: draft.timeoutSeconds,
      userData128: draft.userData128 || (pending?.userData128 ?? 0n),
      userData64: draft.userData64 || (pending?.userData64 ?? 0n),
      userData32: draft.userData32 || (pending?.userData32 ?? 0),
      timestampNs: timeNs + BigInt(position.index),
      ...position,
    };
  }

  /** The sums of an account after a result that touched it; null if it did not. */
  balance(account: bigint, { height, index }: ResultPosition, { timeNs, captured }: StoredOutcome): BalanceView | null {
    const row = this.accountRow(account) + 1;
    const at = index * CAPTURE_WORDS;
    const { rows, pendings, operationCount } = captured;
    const isDebit = rows[at + CAPTURE.debitAccount] === row;
    if (row === 0 || index >= captured.count || (!isDebit && rows[at + CAPTURE.creditAccount] !== row)) return null;
    const side = at + (isDebit ? CAPTURE.debit : CAPTURE.credit);
    const pendingAt = index * CAPTURED_PENDING_WORDS + (isDebit ? 0 : PENDING_OF_CREDIT);
    const reserved = ((rows[side + SIDE.previousIndexAndFlags] >>> 16) & ACCOUNT_STATE.reserved) !== 0;
    return {
      height,
      index,
      debitsPosted: toBigint(rows, side + SIDE.debits),
      creditsPosted: toBigint(rows, side + SIDE.credits),
      debitsPending: reserved ? toBigint(pendings, pendingAt) : 0n,
      creditsPending: reserved ? toBigint(pendings, pendingAt + 4) : 0n,
      timestampNs: timeNs + (index < operationCount ? BigInt(index) : 0n),
    };
  }

  private pendingStateOf({ id, flags }: TransferDraft): PendingState | null {
    if ((flags & TRANSFER_FLAGS.pending) === 0) return null;
    const { transfers, pendings } = this.tables;
    const row = this.find(id);
    const waiting = pendings.find(this.probe, 0);
    return waiting < 0 ? PENDING_STATES[transfers.log.endOf(row)] : pendings.stateNameOf(waiting);
  }

  private accountRow(id: bigint): number {
    if (id < 0n || id >= ID_LIMIT) return -1;
    store(this.probe, 0, id);
    return this.tables.accounts.find(this.probe, 0);
  }
}
