export { Committee, genesisBlock, makeBlock } from './committee';
export { Core } from './core';
export {
  DEFAULT_PARAMETERS,
  MESSAGE_BYTES_MAX,
  RANGE_BLOCKS_MAX,
  RANGE_BYTES_MAX,
  PEERS_MAX,
  RANGE_TAIL_MAX,
  RECENT_HEADERS_MAX,
} from './limits';
export { decodeMessage, encodeMessage, encodeMessageParts } from './message-codec';
export { cutRange, endsEpoch, type RangeSource } from './range';
export { recoverChain, type RecoveredChain } from './recovery';
export type {
  AfterDurable,
  AlarmCode,
  Block,
  BlockMessage,
  BootEvent,
  CoreEvent,
  CoreOptions,
  CoreParameters,
  CoreStatus,
  Durable,
  Effect,
  Echo,
  EpochEndMessage,
  ExecutedMessage,
  FinalizedEffect,
  FreeMessage,
  GetBlockMessage,
  GetRangeMessage,
  HeaderLink,
  Instant,
  Message,
  PersistEffect,
  PromiseMessage,
  ProposeMessage,
  RangeMessage,
  ReadyMessage,
  Recipient,
  SendableMessage,
  Signer,
  StatusMessage,
  TermEntry,
  TimeoutCertificate,
  TimeoutEntry,
  TimeoutMessage,
  VoteMessage,
  VoteState,
} from './types';
export { decodeVoteState, encodeVoteState } from './vote-state';
export { bodyMatches } from './validity';
