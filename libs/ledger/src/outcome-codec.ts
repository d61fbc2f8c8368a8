// What execution noted of a block's results as a log keeps it, in words of four bytes, big-endian:
//
//   version, operations, expiries, 1 if there are pending sums, time of the block (2)
//   for each result two words that say which of its captured words, pending sums behind the others, are not zero, and in the upper
//   half of the second one its result code; then those words
//   for each expiry the id of the pending transfer (4)
//
// Most words of most results are zero: a transfer between accounts without pending sums takes about 50 bytes.
import { CodecError } from '@quorate/codec';
import { LIMITS } from '@quorate/protocol';
import { CAPTURE_WORDS, CAPTURED_PENDING_WORDS, type CapturedResults } from './result-capture';

const VERSION = 2;
const HEAD_WORDS = 6;
const MASK_WORDS = 2;
const ID_WORDS = 4;
const WORD_BITS = 32;
const WORD_BYTES = 4;
const EXPIRIES_MAX = 65_536 - LIMITS.blockOperationsMax;
const RESULT_WORDS = CAPTURE_WORDS + CAPTURED_PENDING_WORDS;
const HIGH_MASK = (1 << (RESULT_WORDS - WORD_BITS)) - 1;

/** What a block did: enough, with its body, to prove any of its results. */
export interface StoredOutcome {
  readonly timeNs: bigint;
  readonly codes: Uint16Array;
  readonly captured: CapturedResults;
}

export function encodeOutcome({ timeNs, codes, captured }: StoredOutcome): Uint8Array {
  const { rows, pendings, count, expired } = captured;
  const words = HEAD_WORDS + count * MASK_WORDS + rows.length + pendings.length + expired.length;
  const view = new DataView(new ArrayBuffer(words * WORD_BYTES));
  const [timeHigh, timeLow] = [Number(timeNs >> 32n), Number(timeNs & 0xffff_ffffn)];
  const head = [VERSION, codes.length, count - codes.length, pendings.length === 0 ? 0 : 1, timeHigh, timeLow];
  head.forEach((word, at) => view.setUint32(at * WORD_BYTES, word));
  let at = HEAD_WORDS * WORD_BYTES;
  for (let result = 0; result < count; result += 1) {
    const code = result < codes.length ? codes[result] : 0;
    at = encodeResult(view, at, result, code, rows, pendings);
  }
  for (const word of expired) {
    view.setUint32(at, word);
    at += WORD_BYTES;
  }
  return new Uint8Array(view.buffer.slice(0, at));
}

/** Writes one result in one pass, because each block has thousands; returns where the next one begins. */
function encodeResult(
  view: DataView,
  masks: number,
  result: number,
  code: number,
  rows: Uint32Array,
  pendings: Uint32Array,
): number {
  const from = result * CAPTURE_WORDS;
  let at = masks + MASK_WORDS * WORD_BYTES;
  let low = 0;
  let high = 0;
  for (let word = 0; word < CAPTURE_WORDS; word += 1) {
    const value = rows[from + word];
    if (value === 0) continue;
    view.setUint32(at, value);
    at += WORD_BYTES;
    low |= 1 << word;
  }
  const pendingFrom = result * CAPTURED_PENDING_WORDS - CAPTURE_WORDS;
  for (let word = CAPTURE_WORDS; word < RESULT_WORDS && pendings.length > 0; word += 1) {
    const value = pendings[pendingFrom + word];
    if (value === 0) continue;
    view.setUint32(at, value);
    at += WORD_BYTES;
    if (word < WORD_BITS) low |= 1 << word;
    else high |= 1 << (word - WORD_BITS);
  }
  view.setUint32(masks, low);
  view.setUint32(masks + WORD_BYTES, high | (code << 16));
  return at;
}

/** Throws CodecError on bytes that `encodeOutcome` did not write. */
export function decodeOutcome(bytes: Uint8Array): StoredOutcome {
  const words = fromBigEndian(bytes);
  const [version, operationCount, expiryCount, withPendings, timeHigh, timeLow] = words;
  if (words.length < HEAD_WORDS || version !== VERSION) throw invalid('an outcome of unknown version');
  if (operationCount > LIMITS.blockOperationsMax || expiryCount > EXPIRIES_MAX)
    throw invalid('an outcome of more results than a block has');
  const count = operationCount + expiryCount;
  const rows = new Uint32Array(count * CAPTURE_WORDS);
  const pendings = new Uint32Array(withPendings === 0 ? 0 : count * CAPTURED_PENDING_WORDS);
  const resultWords = withPendings === 0 ? CAPTURE_WORDS : RESULT_WORDS;
  const codes = new Uint16Array(operationCount);
  let at = HEAD_WORDS;
  for (let result = 0; result < count; result += 1) {
    if (at + MASK_WORDS > words.length) throw invalid('an outcome ends early');
    const [low, high] = [words[at], words[at + 1]];
    at += MASK_WORDS;
    if (result < operationCount) codes[result] = high >>> 16;
    for (let word = 0; word < resultWords; word += 1) {
      const set = word < WORD_BITS ? (low >>> word) & 1 : ((high & HIGH_MASK) >>> (word - WORD_BITS)) & 1;
      if (set === 0) continue;
      if (word < CAPTURE_WORDS) rows[result * CAPTURE_WORDS + word] = words[at];
      else pendings[result * CAPTURED_PENDING_WORDS + word - CAPTURE_WORDS] = words[at];
      at += 1;
    }
  }
  if (at + expiryCount * ID_WORDS !== words.length) throw invalid('an outcome of another length than it says');
  const captured = { operationCount, count, rows, pendings, expired: words.slice(at) };
  return { timeNs: (BigInt(timeHigh) << 32n) | BigInt(timeLow), codes, captured };
}

function invalid(message: string): CodecError {
  return new CodecError('CODEC_INVALID', message);
}

function fromBigEndian(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.floor(bytes.length / 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let word = 0; word < words.length; word += 1) words[word] = view.getUint32(word * 4);
  return words;
}
