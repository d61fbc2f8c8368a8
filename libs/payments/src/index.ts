export { accountFault } from './account';
export {
  AMOUNT_LIMITS,
  equalDecimals,
  formatMinorUnits,
  parseDecimal,
  sumDecimals,
  toMinorUnits,
  type Decimal,
} from './amount';
export { activeCurrencies, currencyOf, type Currency } from './currency';
export { PAYMENT_FILE_LIMITS, parsePaymentFile, type ParseOptions } from './parse';
export type {
  AccountReference,
  Payment,
  PaymentFile,
  PaymentFileHeader,
  PaymentFileResult,
  PaymentGroup,
  StatedAmount,
} from './payment-file';
export {
  PAYMENT_CODES,
  paymentAccountId,
  paymentTransferId,
  planPaymentFile,
  type LedgerAsset,
  type PaymentLine,
  type PaymentPlan,
  type PaymentRejection,
  type PlannedAccount,
  type PlanTarget,
} from './plan';
export type { PaymentFileError } from './problem';
export type { PaymentDialect } from './shape';
export {
  outcomeOf,
  refusalReport,
  statusReport,
  type PaymentOutcome,
  type PaymentStatus,
  type ReportIdentity,
} from './status-report';
export { XML_LIMITS } from './xml-scan';
