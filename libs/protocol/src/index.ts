export {
  HEADER_BYTES,
  ZERO_HASH,
  blockId,
  bodyRoot,
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  type BlockHeader,
  type BlockKind,
} from './block';
export {
  decodeCertificate,
  encodeCertificate,
  readCertificate,
  writeCertificate,
  type Certificate,
} from './certificate';
export {
  FIRST_EPOCH,
  EVIDENCE_RULES_VERSION,
  RULES_VERSION,
  configHash,
  decodeConfiguration,
  encodeConfiguration,
  firstLeader,
  governanceSigningBytes,
  orderForNextEpoch,
  type Configuration,
  type Governance,
  type GovernanceSignature,
  type Member,
} from './configuration';
export {
  decodeEnvelope,
  encodeEnvelope,
  encodeEnvelopeContent,
  encodeSignedEnvelope,
  envelopeHash,
  envelopeSigningBytes,
  scanEnvelope,
  type Envelope,
  type EnvelopeContent,
  type EnvelopeOutline,
  type EnvelopeSignature,
} from './envelope';
export {
  decodeGenesis,
  earliestForkNs,
  encodeGenesis,
  firstConfiguration,
  genesisHeader,
  genesisId,
  type Genesis,
  type Parent,
} from './genesis';
export {
  EVIDENCE_TAG,
  contradictionOf,
  decodeEvidence,
  encodeEvidence,
  evidenceFault,
  makeEvidence,
  type Contradiction,
  type Evidence,
  type EvidenceFault,
  type SignedStatement,
  type TimeoutStatement,
  type VoteStatement,
} from './evidence';
export { bytesToUuid, formatId, idFromHash, parseId, uuidToBytes } from './identifier';
export { LIMITS } from './limits';
export {
  ISSUING_POLICIES,
  OPEN_ASSET_POLICY,
  TRANSFER_POLICIES,
  type AllowListEntry,
  type AssetChange,
  type AssetDraft,
  type AssetPolicy,
  type IssuingPolicy,
  type TransferPolicy,
} from './asset-operations';
export { ACCOUNT_FLAGS, AMOUNT_MAX, TRANSFER_FLAGS, type AccountDraft, type TransferDraft } from './booking-operations';
export { type MandateDraft } from './mandate-operations';
export { OPERATION_BYTES, OPERATION_TAGS, decodeOperation, encodeOperation, type Operation } from './operation';
export {
  PARTY_ROLES,
  readParty,
  writeParty,
  type PartyChange,
  type PartyDraft,
  type PartyKeyDraft,
  type PartyRole,
  type PartyRolesChange,
} from './party-operations';
export { FREEZE_TARGETS, type FreezeChange, type FreezeTarget, type RecordDraft } from './record-operations';
export { decodeReceipt, encodeReceipt, isReceiptBytes } from './receipt-bytes';
export {
  receiptAccount,
  receiptRecord,
  receiptSide,
  type Receipt,
  type ReceiptAccount,
  type ReceiptSide,
} from './receipt';
export { type Statement, type StatementBlock, type StatementLine } from './statement';
export {
  EXPIRY_BYTES,
  OPERATION_BYTES_MAX,
  SALT_BYTES,
  accountHalf,
  accountSaltKey,
  decodeResultOperation,
  encodeExpiry,
  historyLeaf,
  operationRoot,
  resultLeaf,
  resultsRoot,
  type AccountAfter,
  type ResultOperation,
  type ResultOrigin,
  type ResultPosition,
  type ResultRecord,
} from './result';
export { RESULT_CODES, RESULT_DEFINITIONS, resultName, type ResultName } from './result-codes';
export { type ResultDefinition, type ResultScope } from './result-definition';
export {
  CHECKPOINT_BLOCKS,
  CHECKPOINT_OPERATIONS,
  STATE_CHUNK_BYTES,
  checkpointPreimage,
  checkpointProven,
  chunkBytes,
  chunkCount,
  chunkHash,
  decodeCheckpoint,
  decodeCheckpointVote,
  decodeState,
  encodeCheckpoint,
  encodeCheckpointVote,
  encodeState,
  sectionRoot,
  stateRoot,
  type CheckpointCertificate,
  type CheckpointVote,
  type StateDescription,
  type StateSection,
} from './state';
export {
  commitPreimage,
  consensusContext,
  faultsTolerated,
  preparePreimage,
  quorum,
  timeoutPreimage,
  type CertifiedPosition,
  type Position,
} from './vote';
export {
  EPOCH_END_BYTES_MAX,
  decodeEpochEnd,
  encodeEpochEnd,
  readReady,
  readyPreimage,
  successionFault,
  writeReady,
  type EpochEnd,
  type Ready,
  type SuccessionFault,
  type VerifyKey,
} from './epoch-end';
export {
  EPOCH_STEPS_MAX,
  decodeFinalityProof,
  encodeFinalityProof,
  type EpochStep,
  type FinalityProof,
} from './finality-proof';
