import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { hex } from '@quorate/crypto';
import { verifyReceipt, type ProvenOutcome } from '@quorate/light-client';
import {
  TRANSFER_FLAGS,
  contradictionOf,
  formatId,
  type Receipt,
  type ResultOperation,
  isReceiptBytes,
} from '@quorate/protocol';
import type { ReceiptOptions } from '@quorate/sdk';
import type { CommandInput } from './command';
import type { OpenLedger } from './context';
import { CliFailure } from './exit-codes';

const RECEIPT_BYTES_MAX = 1_048_576;
const STATEMENT_BYTES_MAX = 268_435_456;

/** Fetches the receipt of a transfer and verifies it against the kept trust anchor before anyone relies on it. */
export async function fetchReceipt(
  ledger: OpenLedger,
  transferId: bigint,
  side?: ReceiptOptions['side'],
): Promise<{ receipt: Receipt; proven: ProvenOutcome }> {
  const receipt = await ledger.gateway.receipt(ledger.id, transferId, { side });
  const proven = demandProven(receipt, ledger.genesisId);
  if (proven.operation.kind !== 'create_transfer' || proven.operation.transfer.id !== transferId) {
    throw new CliFailure(
      'verification',
      'RECEIPT_OTHER_OPERATION',
      `the receipt proves another operation than transfer ${formatId(transferId)}`,
    );
  }
  return { receipt, proven };
}

/** Fetches, verifies and writes a receipt. */
export async function saveReceipt(ledger: OpenLedger, transferId: bigint, file: string): Promise<ProvenOutcome> {
  const { receipt, proven } = await fetchReceipt(ledger, transferId);
  writeFileSync(file, `${JSON.stringify(receipt, null, 2)}\n`);
  return proven;
}

/** Verifies a receipt offline; throws with exit code 8 when it does not hold. */
export function demandProven(receipt: unknown, anchor: string | undefined): ProvenOutcome {
  const verdict = verifyReceipt(receipt, anchor);
  if (verdict.ok) return verdict;
  throw new CliFailure('verification', verdict.code, verdict.detail, { hint: 'Do not rely on this receipt.' });
}

/** The trust anchor of `--genesis`, if it is given. */
export function anchorOption(input: CommandInput): string | undefined {
  const given = input.optionalText('genesis');
  if (given === undefined || /^[0-9a-f]{64}$/.test(given)) return given;
  throw new CliFailure('usage', 'USAGE', '--genesis must be 64 lowercase hexadecimal digits');
}

/** Reads a receipt file, JSON or compact; anything else proves nothing. */
export function readReceipt(path: string): unknown {
  return readProof(path, RECEIPT_BYTES_MAX, 'RECEIPT_MALFORMED');
}

/** Reads a statement file. */
export function readStatement(path: string): unknown {
  return readProof(path, STATEMENT_BYTES_MAX, 'STATEMENT_MALFORMED');
}

function readProof(path: string, bytesMax: number, code: string): unknown {
  let bytes: Buffer;
  try {
    if (statSync(path).size > bytesMax) throw new Error(`larger than ${bytesMax} bytes`);
    bytes = readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliFailure('usage', 'FILE_UNREADABLE', `${path} cannot be read: ${why}`);
  }
  try {
    return isReceiptBytes(bytes) ? new Uint8Array(bytes) : (JSON.parse(bytes.toString('utf8')) as unknown);
  } catch {
    throw new CliFailure('verification', code, `${path} is not JSON`);
  }
}

/** What a receipt proves, as plain fields. */
export function provenFields(proven: ProvenOutcome): Record<string, unknown> {
  return {
    verified: true,
    result: proven.result,
    ...operationFields(proven.operation),
    ...balanceFields(proven),
    height: proven.height,
    index: proven.index,
    ledgerTime: new Date(Number(proven.timestampNs / 1_000_000n)).toISOString(),
    ledgerId: proven.ledgerId,
    genesisId: proven.genesisId,
    signedBy: proven.signers,
    replicas: proven.replicaCount,
  };
}

/** What was really moved, and what the receipt shows of the accounts that it touched. */
function balanceFields(proven: ProvenOutcome): Record<string, unknown> {
  const { kind } = proven.operation;
  const counts = kind === 'create_transfer' || kind === 'expiry' || kind === 'attest_supply';
  const fields: Record<string, unknown> = counts
    ? { [kind === 'attest_supply' ? 'supplyMinor' : 'movedMinor']: proven.amount.toString() }
    : {};
  for (const side of ['debit', 'credit'] as const) {
    const account = proven[side];
    if (account === null || account.after === null) continue;
    const { debitsPosted, creditsPosted, pending } = account.after;
    fields[`${side}Account`] = formatId(account.id);
    fields[`${side}AccountDebitsMinor`] = debitsPosted.toString();
    fields[`${side}AccountCreditsMinor`] = creditsPosted.toString();
    if (pending === null) continue;
    fields[`${side}AccountDebitsPendingMinor`] = pending.debits.toString();
    fields[`${side}AccountCreditsPendingMinor`] = pending.credits.toString();
  }
  return fields;
}

function operationFields(operation: ResultOperation): Record<string, unknown> {
  switch (operation.kind) {
    case 'create_transfer': {
      const { id, debitAccount, creditAccount, amount, asset, flags, pendingId } = operation.transfer;
      return {
        operation: operation.kind,
        id: formatId(id),
        // A pending transfer that was applied has moved nothing yet: whoever reads a receipt must see what it is one of.
        flags: Object.entries(TRANSFER_FLAGS).flatMap(([name, flag]) => ((flags & flag) === 0 ? [] : [name])),
        ...(pendingId === 0n ? {} : { pendingId: formatId(pendingId) }),
        debitAccount: formatId(debitAccount),
        creditAccount: formatId(creditAccount),
        amountMinor: amount.toString(),
        asset,
      };
    }
    case 'create_account':
      return { operation: operation.kind, id: formatId(operation.account.id), asset: operation.account.asset };
    case 'create_party':
      return { operation: operation.kind, id: formatId(operation.party.id), name: operation.party.name };
    case 'create_asset':
      return { operation: operation.kind, id: operation.asset.id, code: operation.asset.code };
    case 'expiry':
      return { operation: operation.kind, pendingId: formatId(operation.pendingId) };
    case 'evidence': {
      const { epoch, replica } = operation.evidence;
      return { operation: operation.kind, epoch, replica, contradiction: contradictionOf(operation.evidence) };
    }
    case 'put_mandate':
      return { operation: operation.kind, ...plain(operation.mandate) };
    case 'revoke_mandate':
      return { operation: operation.kind, id: formatId(operation.mandate) };
    case 'put_record':
      return { operation: operation.kind, ...plain(operation.record) };
    case 'attest_account':
      return { operation: operation.kind, account: formatId(operation.account) };
    case 'attest_supply':
      return { operation: operation.kind, asset: operation.asset };
    default:
      return { operation: operation.kind, ...plain(operation.change) };
  }
}

/** Fields that are large numbers or bytes as their digits; lists as how many entries they have. */
function plain(content: object): Record<string, unknown> {
  const text = (value: unknown): unknown => {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Uint8Array) return hex(value);
    return Array.isArray(value) ? value.length : value;
  };
  const ids = new Set(['id', 'party', 'account', 'grantee', 'creditAccount', 'subject']);
  return Object.fromEntries(
    Object.entries(content).map(([name, value]: [string, unknown]) => [
      name,
      ids.has(name) && typeof value === 'bigint' ? formatId(value) : text(value),
    ]),
  );
}
