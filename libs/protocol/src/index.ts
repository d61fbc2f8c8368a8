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
  RULES_VERSION,
  configHash,
  decodeConfiguration,
  encodeConfiguration,
  governanceSigningBytes,
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
export { decodeGenesis, encodeGenesis, firstConfiguration, genesisHeader, genesisId, type Genesis } from './genesis';
export { bytesToUuid, formatId, idFromHash, parseId, uuidToBytes } from './identifier';
export { LIMITS } from './limits';
export {
  ACCOUNT_FLAGS,
  AMOUNT_MAX,
  OPERATION_BYTES,
  OPERATION_TAGS,
  TRANSFER_FLAGS,
  decodeOperation,
  encodeOperation,
  readParty,
  writeParty,
  type AccountDraft,
  type AssetDraft,
  type Operation,
  type PartyDraft,
  type TransferDraft,
} from './operation';
export {
  receiptAccount,
  receiptRecord,
  receiptSide,
  type Receipt,
  type ReceiptAccount,
  type ReceiptSide,
} from './receipt';
export {
  EXPIRY_BYTES,
  OPERATION_BYTES_MAX,
  SALT_BYTES,
  accountHalf,
  accountSalt,
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
export {
  RESULT_CODES,
  RESULT_DEFINITIONS,
  resultName,
  type ResultDefinition,
  type ResultName,
  type ResultScope,
} from './result-codes';
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
