import { CodecError, Reader, Writer } from '@quorate/codec';
import {
  readFlag,
  readOptional,
  readOptionalCertificate,
  readTermEntry,
  writeFlag,
  writeOptional,
  writeOptionalCertificate,
  writeTermEntry,
} from './message-parts';
import type { VoteState } from './types';

const VOTE_STATE_VERSION = 2;
/** First size of the buffer: that of a small replica set. */
const VOTE_STATE_BYTES = 640;

/** The vote state with which a replica begins an epoch (C-38). */
export function initialVoteState(epoch: number): VoteState {
  return { epoch, ...NO_VOTES };
}

const NO_VOTES: Omit<VoteState, 'epoch'> = {
  term: 1,
  entry: null,
  abandoned: false,
  ledTerm: 0,
  preparedSlot: 0,
  preparedId: null,
  committedSlot: 0,
  committedId: null,
  timeoutHigh: null,
  high: null,
};

const writeId = (writer: Writer, id: Uint8Array): void => void writer.fixed(id, 32);
const readId = (reader: Reader): Uint8Array => reader.fixed(32).slice();

/** Canonical bytes of the vote state; below 8 KiB for the largest replica set. */
export function encodeVoteState(state: VoteState): Uint8Array {
  const writer = new Writer(VOTE_STATE_BYTES);
  writer.u8(VOTE_STATE_VERSION).u32(state.epoch).uint(state.term);
  writeOptional(writer, state.entry, writeTermEntry);
  writeFlag(writer, state.abandoned);
  writer.uint(state.ledTerm).uint(state.preparedSlot);
  writeOptional(writer, state.preparedId, writeId);
  writer.uint(state.committedSlot);
  writeOptional(writer, state.committedId, writeId);
  writeOptionalCertificate(writer, state.timeoutHigh);
  writeOptionalCertificate(writer, state.high);
  return writer.finish();
}

/** Throws CodecError on anything encodeVoteState cannot have written. */
export function decodeVoteState(bytes: Uint8Array): VoteState {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== VOTE_STATE_VERSION)
    throw new CodecError('CODEC_INVALID', `vote state version ${version} is unknown`, { version });
  const state: VoteState = {
    epoch: reader.u32(),
    term: reader.uint(),
    entry: readOptional(reader, readTermEntry),
    abandoned: readFlag(reader),
    ledTerm: reader.uint(),
    preparedSlot: reader.uint(),
    preparedId: readOptional(reader, readId),
    committedSlot: reader.uint(),
    committedId: readOptional(reader, readId),
    timeoutHigh: readOptionalCertificate(reader),
    high: readOptionalCertificate(reader),
  };
  reader.end();
  if (state.term < 1) throw new CodecError('CODEC_INVALID', 'terms start at 1', { term: state.term });
  return state;
}
