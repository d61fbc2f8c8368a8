import { CodecError } from '@quorate/codec';
import { equalBytes, hex, leafHash, rootFromPath } from '@quorate/crypto';
import { bytesToUuid, encodeResultRecord, genesisId, historyLeaf, resultName, type Operation } from '@quorate/protocol';
import { certificateFault, type CertificateFault } from './certificate';
import { parseReceipt, type ParsedReceipt } from './receipt-parser';

/** What a valid receipt proves. */
export interface ProvenOutcome {
  readonly ok: true;
  readonly ledgerId: string;
  /** Trust anchor: compare it with the one you were given when the ledger was created. */
  readonly genesisId: string;
  readonly height: number;
  readonly index: number;
  readonly timestampNs: bigint;
  /** Name of the result code; `applied` means that the operation took effect. */
  readonly result: string;
  readonly operation: Operation;
  readonly envelopeHash: string;
  /** Replicas that signed, by their index in the genesis. */
  readonly signers: readonly number[];
  readonly replicaCount: number;
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

const CERTIFICATE_FAULTS: Readonly<Record<CertificateFault, string>> = {
  wrong_ledger: 'the certified header belongs to another ledger',
  wrong_epoch: 'the header or its certificate names an epoch that the genesis does not describe',
  wrong_replica_set: 'the certified header names another replica set than the genesis',
  wrong_block: 'the certificate is for another block',
  quorum_missing: 'fewer replicas signed than a quorum needs',
  signature_wrong: "a signature does not verify under its replica's key",
};

function refusal(code: ReceiptFault, detail: string): ReceiptRefusal {
  return { ok: false, code, detail };
}

function recordFault(receipt: ParsedReceipt): ReceiptRefusal | null {
  const { record, header } = receipt;
  const leaf = leafHash(encodeResultRecord(record));
  const resultsRoot = rootFromPath(leaf, record.index, receipt.operationCount, receipt.resultsPath);
  if (resultsRoot === null)
    return refusal('RECEIPT_RECORD_NOT_IN_BLOCK', 'the results path does not fit the position of the record');
  if (record.height < 1 || record.height > header.execHeight) {
    return refusal('RECEIPT_BLOCK_NOT_IN_HISTORY', 'the certified header does not reach the height of the record');
  }
  const root = rootFromPath(
    historyLeaf(receipt.blockId, resultsRoot),
    record.height,
    header.execHeight + 1,
    receipt.historyPath,
  );
  if (root === null || !equalBytes(root, header.execRoot)) {
    return refusal(
      'RECEIPT_BLOCK_NOT_IN_HISTORY',
      'record, results path and history path do not lead to the certified root',
    );
  }
  return null;
}

/**
 * Verifies a receipt offline: record → results root → history root → header → commit certificate → replica set of the
 * genesis. With `anchor` (the genesis id in hexadecimal) it also demands that the genesis is the expected one; without,
 * the caller must compare `genesisId` of the answer with what it trusts.
 */
export function verifyReceipt(value: unknown, anchor?: string): ProvenOutcome | ReceiptRefusal {
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
  const fault = recordFault(receipt);
  if (fault !== null) return fault;
  if (receipt.certificate.kind !== 'commit')
    return refusal('RECEIPT_CERTIFICATE_INVALID', 'only a commit certificate makes a block final');
  const certificate = certificateFault(receipt.genesis, receipt.header, receipt.certificate);
  if (certificate !== null) return refusal('RECEIPT_CERTIFICATE_INVALID', CERTIFICATE_FAULTS[certificate]);
  return {
    ok: true,
    ledgerId: bytesToUuid(receipt.genesis.ledgerId),
    genesisId: id,
    height: receipt.record.height,
    index: receipt.record.index,
    timestampNs: receipt.record.timestampNs,
    result,
    operation: receipt.operation,
    envelopeHash: hex(receipt.record.envelopeHash),
    signers: receipt.certificate.signers,
    replicaCount: receipt.genesis.replicas.length,
  };
}
