export { type AccountsRequest } from './account-reads';
export type { AssetBalance, TrialBalance } from './trial-balance';
export { scanBody, validateBlockBody, type BodyValidity } from './block-body';
export {
  type EnvelopeHead,
  type Signer,
  type SignerReport,
  type SignerState,
  type VerifySignature,
} from './envelope-admission';
export { type EnvelopePosition } from './envelope-memory';
export { HASH_KEY_WORDS } from './id-hash';
export { type TransferPosition } from './id-log';
export { Ledger, type BlockOutcome, type ExecutableBlock, type ExecutedEnvelope } from './ledger';
export { LEDGER_LIMITS, PAGE_ENTRIES_MAX, PAGE_ROWS_MAX, type LedgerLimits } from './limits';
export { decodeOutcome, encodeOutcome, type StoredOutcome } from './outcome-codec';
export {
  type AuthorityReads,
  type EvidenceView,
  type FreezeActView,
  type FreezeView,
  type MandateView,
  type RecordView,
} from './authority-reads';
export { PageRequestError, matching, type Page, type PageRequest, type RowFilter } from './page';
export { type PendingState } from './pending-table';
export { RestoredSections } from './restored-sections';
export { INSPECTED_SECTIONS, inspectState, type StateInspection } from './state-inspection';
export {
  CaptureMemory,
  SECTIONS,
  SECTION_NAMES,
  SnapshotError,
  type SectionCapture,
  type SectionName,
  type LedgerCapture,
} from './section';
export { type AccountResult, type CapturedResults } from './result-capture';
export { BlockResults, type ResultBlock, type ScannedEnvelope } from './results';
export { type BalanceView, type TransferReads } from './transfer-reads';
export { type AccountView, type AssetView, type PartyView, type TransferView } from './views';
