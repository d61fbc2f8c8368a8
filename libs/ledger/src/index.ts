export { validateBlockBody, type BodyValidity } from './block-body';
export { type EnvelopeHead, type VerifySignature } from './envelope-admission';
export { type EnvelopePosition } from './envelope-memory';
export { Ledger, type BlockOutcome, type ExecutableBlock, type ExecutedEnvelope } from './ledger';
export { LEDGER_LIMITS, PAGE_ENTRIES_MAX, type LedgerLimits } from './limits';
export { PageRequestError, type Page, type PageRequest } from './page';
export { resultRecords, type BlockResults, type ResultBlock } from './result-records';
export { type TransferPosition } from './transfer-table';
export { type AccountView, type AssetView, type PartyView, type TransferView } from './views';
