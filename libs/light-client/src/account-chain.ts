// The rules between two consecutive results of an account: the later one names the earlier one, and the sums differ by what the
// later one says that it did.
import { TRANSFER_FLAGS, type AccountAfter, type ResultPosition } from '@quorate/protocol';
import type { ParsedResult } from './result-parser';

/** A result seen from one of its accounts. */
export interface ChainLink {
  readonly result: ParsedResult;
  readonly position: ResultPosition;
  readonly side: 'debit' | 'credit';
  readonly after: AccountAfter;
}

/** The result seen from `account`; null unless it concerns it, was applied and shows it. */
export function linkOf(result: ParsedResult, account: bigint): ChainLink | null {
  const { record } = result;
  const side = record.debitAccount === account ? 'debit' : 'credit';
  const shown = result[side];
  const names = record.debitAccount === account || record.creditAccount === account;
  if (!names || record.code !== 0 || shown?.kind !== 'open') return null;
  return { result, position: { height: result.height, index: record.index }, side, after: shown.account };
}

/** Whether `later` took effect after `earlier`; in a block, expiries come before operations. */
export function isLater(earlier: ParsedResult, later: ParsedResult): boolean {
  if (earlier.height !== later.height) return earlier.height < later.height;
  const [first, second] = [earlier, later].map(({ operation }) => operation.kind === 'expiry');
  if (first !== second) return first;
  return earlier.record.index < later.record.index;
}

/** Whether `later` names `earlier` as the result before it. */
export function follows(earlier: ChainLink, later: ChainLink): boolean {
  const { previous } = later.after;
  return previous.height === earlier.position.height && previous.index === earlier.position.index;
}

interface Sums {
  readonly posted: bigint;
  readonly pending: bigint;
}

function sumsOf(after: AccountAfter, side: 'debit' | 'credit'): Sums {
  return side === 'debit'
    ? { posted: after.debitsPosted, pending: after.pending?.debits ?? 0n }
    : { posted: after.creditsPosted, pending: after.pending?.credits ?? 0n };
}

/** Whether the sums of the side at which the result booked moved as it says, from `before` on. */
function movesAsBooked({ result }: ChainLink, before: Sums, now: Sums): boolean {
  const { operation, record } = result;
  const posted = now.posted - before.posted;
  const pending = now.pending - before.pending;
  const { amount } = record;
  if (operation.kind === 'expiry') return posted === 0n && pending === -amount;
  if (operation.kind !== 'create_transfer') return posted === 0n && pending === 0n;
  const { flags } = operation.transfer;
  if ((flags & TRANSFER_FLAGS.pending) !== 0) return posted === 0n && pending === amount;
  if ((flags & TRANSFER_FLAGS.voidPendingTransfer) !== 0) return posted === 0n && pending === -amount;
  // A post gives back the whole reservation, which may be more than it posts.
  if ((flags & TRANSFER_FLAGS.postPendingTransfer) !== 0) return posted === amount && pending <= -amount;
  return posted === amount && pending === 0n;
}

/** Whether the sums of `later` follow from those of `earlier`. */
export function addsUp(earlier: ChainLink, later: ChainLink): boolean {
  const other = later.side === 'debit' ? 'credit' : 'debit';
  const [otherBefore, otherNow] = [sumsOf(earlier.after, other), sumsOf(later.after, other)];
  if (otherBefore.posted !== otherNow.posted || otherBefore.pending !== otherNow.pending) return false;
  return movesAsBooked(later, sumsOf(earlier.after, later.side), sumsOf(later.after, later.side));
}

/** Whether the result is the first of its account: it creates it, with nothing on it. */
export function isBeginning({ result, after }: ChainLink): boolean {
  const { debitsPosted, creditsPosted, pending, previous } = after;
  const empty = debitsPosted === 0n && creditsPosted === 0n && pending === null;
  return result.operation.kind === 'create_account' && previous.height === 0 && previous.index === 0 && empty;
}
