import { RESULT_CODES, TRANSFER_FLAGS } from '@quorate/protocol';
import { BALANCE, BALANCE_WORDS } from './account-table';
import type { BookingTables } from './booking-tables';
import { NAMED, RESOLVING, TRANSFER, TRANSFER_WORDS } from './transfer-table';
import { equals, exceeds, isMax, isZero } from './u128';

const CODES = RESULT_CODES;
const BALANCING = TRANSFER_FLAGS.balancingDebit | TRANSFER_FLAGS.balancingCredit;

/** How the staged transfer differs from the applied one of the same id. */
export function compareWithStaged(existing: number, tables: BookingTables): number {
  const { accounts, assets, transfers, pendings } = tables;
  const { rows, named } = transfers;
  const old = existing * TRANSFER_WORDS;
  const staged = transfers.size * TRANSFER_WORDS;
  const flags = rows[old + TRANSFER.codeAndFlags] & 0xffff;
  if (flags !== (rows[staged + TRANSFER.codeAndFlags] & 0xffff)) return CODES.exists_with_different_flags;
  const resolves = (flags & RESOLVING) !== 0;
  const resolved = resolves ? pendings.transferOf(rows[old + TRANSFER.pending] - 1) * TRANSFER_WORDS : -1;
  const samePending = resolves ? equals(rows, resolved, named, NAMED.pending) : isZero(named, NAMED.pending);
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
  if (!sameAmount(flags, old, staged, resolved, rows)) return CODES.exists_with_different_amount;
  const userData = compareUserData(old, staged, resolved, rows);
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
function sameAmount(flags: number, old: number, staged: number, resolved: number, rows: Uint32Array): boolean {
  const asked = staged + TRANSFER.amount;
  const moved = old + TRANSFER.amount;
  if ((flags & BALANCING) !== 0) return !exceeds(rows, moved, rows, asked);
  const posts = (flags & TRANSFER_FLAGS.postPendingTransfer) !== 0;
  const voids = (flags & TRANSFER_FLAGS.voidPendingTransfer) !== 0;
  const all = (posts && isMax(rows, asked)) || (voids && isZero(rows, asked));
  return equals(rows, moved, rows, all ? resolved + TRANSFER.amount : asked);
}

/** A post or void that gives none took that of the pending transfer, so that is what its retry is compared with. */
function compareUserData(old: number, staged: number, resolved: number, rows: Uint32Array): number {
  const given128 = staged + TRANSFER.userData128;
  const from128 = resolved >= 0 && isZero(rows, given128) ? resolved + TRANSFER.userData128 : given128;
  if (!equals(rows, old + TRANSFER.userData128, rows, from128)) return CODES.exists_with_different_user_data_128;
  const given64 = staged + TRANSFER.userData64;
  const none64 = rows[given64] === 0 && rows[given64 + 1] === 0;
  const from64 = resolved >= 0 && none64 ? resolved + TRANSFER.userData64 : given64;
  const old64 = old + TRANSFER.userData64;
  if (rows[old64] !== rows[from64] || rows[old64 + 1] !== rows[from64 + 1]) {
    return CODES.exists_with_different_user_data_64;
  }
  const given32 = staged + TRANSFER.userData32;
  const from32 = resolved >= 0 && rows[given32] === 0 ? resolved + TRANSFER.userData32 : given32;
  if (rows[old + TRANSFER.userData32] !== rows[from32]) return CODES.exists_with_different_user_data_32;
  return CODES.exists;
}
