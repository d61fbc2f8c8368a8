import { CodecError } from '@quorate/codec';
import { hex } from '@quorate/crypto';
import {
  bytesToUuid,
  genesisId,
  resultName,
  type AccountAfter,
  type Genesis,
  type ResultOperation,
  type Configuration,
} from '@quorate/protocol';
import { finalBy, historyContains, resultsRootOf } from './proof';
import { parseReceipt, type ParsedReceipt } from './receipt-parser';
import type { ParsedSide } from './result-parser';

/** An account that a result concerns, and what is left in it if the receipt shows it. */
export interface ProvenAccount {
  readonly id: bigint;
  readonly after: AccountAfter | null;
}

/** Where a fork began. What has a height up to this one happened on the parent, and the fork's genesis vouches for it. */
export interface ProvenParent {
  readonly ledgerId: string;
  readonly genesisId: string;
  readonly height: number;
}

/** What a genesis says of its parent. */
export function parentOf({ parent }: Genesis): ProvenParent | null {
  if (parent === undefined) return null;
  return { ledgerId: bytesToUuid(parent.ledgerId), genesisId: hex(parent.genesisId), height: parent.height };
}

/** What a valid receipt proves. */
export interface ProvenOutcome {
  readonly ok: true;
  readonly ledgerId: string;
  /** Trust anchor: compare it with the one you were given when the ledger was created. */
  readonly genesisId: string;
  /** The ledger from which this one was forked; null for one that began empty. */
  readonly parent: ProvenParent | null;
  readonly height: number;
  readonly index: number;
  readonly timestampNs: bigint;
  /** Name of the result code; `applied` means that the operation took effect. */
  readonly result: string;
  readonly operation: ResultOperation;
  /** Moved, reserved or released, in minor units. */
  readonly amount: bigint;
  /** Null for an expiry. */
  readonly envelopeHash: string | null;
  /** Null where the result concerns no account. */
  readonly debit: ProvenAccount | null;
  readonly credit: ProvenAccount | null;
  /** Replicas that signed, by their index in the configuration of the certificate's epoch. */
  readonly signers: readonly number[];
  readonly replicaCount: number;
  /** The replica set that signed: proved now, so that later proofs may begin there. */
  readonly configuration: Configuration;
}

export type ReceiptFault =
  | 'RECEIPT_MALFORMED'
  | 'RECEIPT_OTHER_LEDGER'
  | 'RECEIPT_RESULT_UNKNOWN'
  | 'RECEIPT_RECORD_NOT_IN_BLOCK'
  | 'RECEIPT_BLOCK_NOT_IN_HISTORY'
  | 'RECEIPT_CERTIFICATE_INVALID';

export interface ReceiptRefusal {
  readonly ok: false;
  readonly code: ReceiptFault;
  readonly detail: string;
}

function refusal(code: ReceiptFault, detail: string): ReceiptRefusal {
  return { ok: false, code, detail };
}

function provenAccount(id: bigint, side: ParsedSide): ProvenAccount | null {
  return side === null ? null : { id, after: side.kind === 'open' ? side.account : null };
}

function recordFault(receipt: ParsedReceipt): ReceiptRefusal | null {
  const root = resultsRootOf(receipt, receipt.resultCount);
  if (root === null)
    return refusal('RECEIPT_RECORD_NOT_IN_BLOCK', 'the results path does not fit the position of the record');
  if (historyContains(receipt.header, receipt, root)) return null;
  return refusal(
    'RECEIPT_BLOCK_NOT_IN_HISTORY',
    'record, results path and history path do not lead to the certified root',
  );
}

/**
 * Verifies a receipt offline: record → results root → history root → header → commit certificate → replica set of the
 * genesis. With `anchor` (the genesis id in hexadecimal) it also demands that the genesis is the expected one; without,
 * the caller must compare `genesisId` of the answer with what it trusts. A proof leads through the ends of 64 epochs at most: after more,
 * `trusted` must be a configuration that a former proof led to (its `configuration`).
 */
export function verifyReceipt(
  value: unknown,
  anchor?: string,
  trusted?: Configuration,
): ProvenOutcome | ReceiptRefusal {
  let receipt: ParsedReceipt;
  try {
    receipt = parseReceipt(value);
  } catch (error) {
    if (error instanceof CodecError) return refusal('RECEIPT_MALFORMED', error.message);
    throw error;
  }
  const id = hex(genesisId(receipt.genesis));
  if (anchor !== undefined && anchor !== id)
    return refusal('RECEIPT_OTHER_LEDGER', `the receipt is for the ledger with genesis ${id}`);
  const result = resultName(receipt.record.code);
  if (result === undefined) return refusal('RECEIPT_RESULT_UNKNOWN', `result code ${receipt.record.code} is unknown`);
  const { height, record } = receipt;
  const fault = recordFault(receipt);
  if (fault !== null) return fault;
  const finality = finalBy(receipt.genesis, receipt.header, receipt.certificate, trusted);
  if (typeof finality === 'string') return refusal('RECEIPT_CERTIFICATE_INVALID', finality);
  return {
    ok: true,
    ledgerId: bytesToUuid(receipt.genesis.ledgerId),
    genesisId: id,
    parent: parentOf(receipt.genesis),
    height,
    index: record.index,
    timestampNs: record.timestampNs,
    result,
    operation: receipt.operation,
    amount: record.amount,
    envelopeHash: record.origin === null ? null : hex(record.origin.envelopeHash),
    debit: provenAccount(record.debitAccount, receipt.debit),
    credit: provenAccount(record.creditAccount, receipt.credit),
    signers: receipt.certificate.signers,
    replicaCount: finality.replicas.length,
    configuration: finality,
  };
}
