export {
  certificateHash,
  createClientCertificate,
  createReplicaCertificate,
  preloadCertificateMaker,
  type TlsIdentity,
} from './certificate';
export {
  CLIENT_FRAMES,
  decodeJson,
  decodeRequest,
  decodeSubmitReply,
  encodeJson,
  encodeSubmitReply,
  requestId,
  LOOKUP_IDS_MAX,
  type AccountTransfersQuery,
  type BlockEvent,
  type ReceiptSideName,
  type StatementPoint,
  type StatementQuery,
  type ReplicaAnswer,
  type Consistency,
  type ReplicaQuery,
  type ReplicaQuestion,
  type FilterQuery,
  type ListOrder,
  type ListQuery,
  type SubmitReply,
  type SubmitSigner,
} from './client-protocol';
export { bindPort, boundPort } from './listener';
export { connectReplica, type ConnectReplicaOptions, type ReplicaConnection } from './replica-connection';
export { ReplicaLinks, type Participant, type ReplicaLinksOptions } from './replica-links';
export { TransportError, type TransportErrorCode } from './transport-error';
