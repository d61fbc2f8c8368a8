export { certificateFault, type CertificateFault } from './certificate';
export { parseReceipt, type ParsedReceipt, type ParsedSide } from './receipt-parser';
export {
  verifyReceipt,
  type ProvenAccount,
  type ProvenOutcome,
  type ReceiptFault,
  type ReceiptRefusal,
} from './receipt';
