export { verifyEpochs } from './epochs';
export { certificateFault, type CertificateFault } from './certificate';
export { parseReceipt, type ParsedReceipt } from './receipt-parser';
export { type ParsedResult, type ParsedSide } from './result-parser';
export {
  parentOf,
  verifyReceipt,
  type ProvenAccount,
  type ProvenOutcome,
  type ProvenParent,
  type ReceiptFault,
  type ReceiptRefusal,
} from './receipt';
export {
  balanceAt,
  verifyStatement,
  type BalanceAt,
  type ProvenLine,
  type ProvenStatement,
  type StatementFault,
  type StatementRefusal,
} from './statement';
export { parseStatement } from './statement-parser';
export {
  verifyEvidence,
  verifyEvidenceReceipt,
  type EvidenceRefusal,
  type ProvenMisbehaviour,
  type RecordedMisbehaviour,
} from './evidence';
