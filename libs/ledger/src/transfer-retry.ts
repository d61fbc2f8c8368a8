import { RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import { BALANCE, BALANCE_WORDS } from './account-table';
import type { BookingTables } from './booking-tables';
import { NAMED, RESOLVING, TRANSFER } from './transfer-table';
import { equals, exceeds, isMax, isZero } from './u128';

const CODES = RESULT_CODES;
const BALANCING = TRANSFER_FLAGS.balancingDebit | TRANSFER_FLAGS.balancingCredit;

/** How the staged transfer differs from the applied one of the same id. */
export function compareWithStaged(existing: number, tables: BookingTables): number {
  const { accounts, assets, transfers, pendings } = tables;
  const { rows, named } = transfers;
  const old = transfers.offsetOf(existing);
  const staged = transfers.staged;
  const flags = rows[old + TRANSFER.codeAndFlags] & 0xffff;
  if (flags !== (rows[staged + TRANSFER.codeAndFlags] & 0xffff)) return CODES.exists_with_different_flags;
  const resolves = (flags & RESOLVING) !== 0;
  const held = pendings.rows;
  const resolved = resolves ? pendings.offsetOf(rows[old + TRANSFER.pending] - 1) : -1;
  const samePending = resolves ? equals(held, resolved, named, NAMED.pending) : isZero(named, NAMED.pending);
  if (!samePending) return CODES.exists_with_different_pending_id;
  const isPending = (flags & TRANSFER_FLAGS.pending) !== 0;
  const timeoutSeconds = isPending ? pendings.timeoutSecondsOf(rows[old + TRANSFER.pending] - 1) : 0;
  if (timeoutSeconds !== transfers.timeoutSeconds) return CODES.exists_with_different_timeout;
  const { balances } = accounts;
  const debit = rows[old + TRANSFER.debitAccount] * BALANCE_WORDS;
  const credit = rows[old + TRANSFER.creditAccount] * BALANCE_WORDS;
  if (!equals(balances, debit, named, NAMED.debit) && !(resolves && isZero(named, NAMED.debit))) {
    return CODES.exists_with_different_debit_account_id;
  }
  if (!equals(balances, credit, named, NAMED.credit) && !(resolves && isZero(named, NAMED.credit))) {
    return CODES.exists_with_different_credit_account_id;
  }
  if (!sameAmount(flags, rows, old, staged, held, resolved)) return CODES.exists_with_different_amount;
  const userData = compareUserData(rows, old, staged, held, resolved);
  if (userData !== CODES.exists) return userData;
  const { assetId } = transfers;
  if (assetId !== assets.at(balances[debit + BALANCE.asset]).id && !(resolves && assetId === 0)) {
    return CODES.exists_with_different_asset;
  }
  const code = rows[staged + TRANSFER.codeAndFlags] >>> 16;
  if (code !== rows[old + TRANSFER.codeAndFlags] >>> 16 && !(resolves && code === 0)) {
    return CODES.exists_with_different_code;
  }
  return CODES.exists;
}

/** The amount of a balancing transfer is a maximum; a post of 2^128 - 1 and a void of 0 are for all that is pending. */
function sameAmount(
  flags: number,
  rows: Uint32Array,
  old: number,
  staged: number,
  held: Uint32Array,
  resolved: number,
): boolean {
  const asked = staged + TRANSFER.amount;
  const moved = old + TRANSFER.amount;
  if ((flags & BALANCING) !== 0) return !exceeds(rows, moved, rows, asked);
  const posts = (flags & TRANSFER_FLAGS.postPendingTransfer) !== 0;
  const voids = (flags & TRANSFER_FLAGS.voidPendingTransfer) !== 0;
  const all = (posts && isMax(rows, asked)) || (voids && isZero(rows, asked));
  return all ? equals(rows, moved, held, resolved + TRANSFER.amount) : equals(rows, moved, rows, asked);
}

/** A post or void that gives none took that of the pending transfer, so that is what its retry is compared with. */
function compareUserData(rows: Uint32Array, old: number, staged: number, held: Uint32Array, resolved: number): number {
  const given128 = staged + TRANSFER.userData128;
  const taken128 = resolved >= 0 && isZero(rows, given128);
  const same128 = taken128
    ? equals(rows, old + TRANSFER.userData128, held, resolved + TRANSFER.userData128)
    : equals(rows, old + TRANSFER.userData128, rows, given128);
  if (!same128) return CODES.exists_with_different_user_data_128;
  const given64 = staged + TRANSFER.userData64;
  const taken64 = resolved >= 0 && rows[given64] === 0 && rows[given64 + 1] === 0;
  const low = taken64 ? held[resolved + TRANSFER.userData64] : rows[given64];
  const high = taken64 ? held[resolved + TRANSFER.userData64 + 1] : rows[given64 + 1];
  const old64 = old + TRANSFER.userData64;
  if (rows[old64] !== low || rows[old64 + 1] !== high) return CODES.exists_with_different_user_data_64;
  const given32 = rows[staged + TRANSFER.userData32];
  const wanted32 = resolved >= 0 && given32 === 0 ? held[resolved + TRANSFER.userData32] : given32;
  return rows[old + TRANSFER.userData32] === wanted32 ? CODES.exists : CODES.exists_with_different_user_data_32;
}
