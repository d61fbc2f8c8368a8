export { certificateFault, type CertificateFault } from './certificate';
export { parseReceipt, type ParsedReceipt } from './receipt-parser';
export { verifyReceipt, type ProvenOutcome, type ReceiptFault, type ReceiptRefusal } from './receipt';
