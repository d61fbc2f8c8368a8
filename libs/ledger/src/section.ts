// A ledger's state as sections of bytes: what a snapshot holds and what the state root is made over. Words of typed arrays are
// little-endian, as they are in memory. Indexes, heaps and free lists are no state: they are built again from the rows, so that
// no answer may depend on how they happen to lie.
import { CodedError, invariant, type ErrorFacts } from '@quorate/errors';

/** Numbers (ascending) and row sizes of the sections, in the order of a snapshot. Sections whose rows differ in length count as rows of 1 byte. */
export const SECTIONS = {
  head: { number: 1, rowBytes: 1 },
  parties: { number: 2, rowBytes: 1 },
  assets: { number: 3, rowBytes: 1 },
  assetTotals: { number: 4, rowBytes: 112 },
  accounts: { number: 5, rowBytes: 64 },
  accountDetails: { number: 6, rowBytes: 12 },
  accountPendings: { number: 7, rowBytes: 32 },
  accountHeads: { number: 8, rowBytes: 8 },
  transferIds: { number: 9, rowBytes: 16 },
  transferPendings: { number: 10, rowBytes: 4 },
  transferBlocks: { number: 11, rowBytes: 8 },
  transferOffsets: { number: 12, rowBytes: 8 },
  transferFailures: { number: 13, rowBytes: 8 },
  transfers: { number: 14, rowBytes: 92 },
  pendings: { number: 15, rowBytes: 96 },
  envelopes: { number: 16, rowBytes: 52 },
  allowLists: { number: 17, rowBytes: 4 },
  mandates: { number: 18, rowBytes: 1 },
  freezes: { number: 19, rowBytes: 1 },
  records: { number: 20, rowBytes: 1 },
  transferEnds: { number: 21, rowBytes: 4 },
  evidence: { number: 22, rowBytes: 1 },
  accountSalts: { number: 23, rowBytes: 16 },
  accountUserData: { number: 24, rowBytes: 28 },
} as const;

/** Name of a section. */
export type SectionName = keyof typeof SECTIONS;

/** All sections in the order of a snapshot. */
export const SECTION_NAMES: readonly SectionName[] = Object.keys(SECTIONS) as SectionName[];

/** One section as it was when the ledger was captured; it may be read while the ledger goes on. */
export interface SectionCapture {
  readonly section: SectionName;
  /** Known once `prepare` gave true. */
  readonly lengthBytes: number;
  /** Bytes of this section are the same in every later capture of this ledger; more may follow. */
  readonly appendOnly: boolean;
  /** Does a bounded part of what is left to do before the first `read`; true when nothing is left. */
  prepare(): boolean;
  /** Fills `into` with the bytes from `offset` on. */
  read(offset: number, into: Uint8Array): void;
}

/** The state of a ledger at one height, section by section in the order of a snapshot. */
export interface LedgerCapture {
  readonly height: number;
  readonly timeNs: bigint;
  readonly sections: readonly SectionCapture[];
}

/**
 * SNAPSHOT_INVALID: the bytes are no state that this version of the ledger could have written. They are refused as a whole.
 */
export class SnapshotError extends CodedError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('SNAPSHOT_INVALID', message, facts);
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The bytes of words `[0, count)`, as they lie in memory. */
export function bytesOfWords(words: Uint32Array, count: number): Uint8Array {
  invariant(LITTLE_ENDIAN, 'snapshots are made and read on little-endian machines');
  return new Uint8Array(words.buffer, words.byteOffset, count * 4);
}

/** A section that is ready as it stands: a copy, or rows that never change again. */
export function capturedBytes(section: SectionName, bytes: Uint8Array, appendOnly: boolean): SectionCapture {
  return {
    section,
    lengthBytes: bytes.length,
    appendOnly,
    prepare: () => true,
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  };
}

/**
 * Memory that changing rows are copied into. Whoever gives the same to the next capture spares the ledger the wait for fresh memory, which
 * takes longer than copying; the capture before must be done with then.
 */
export class CaptureMemory {
  private readonly held = new Map<SectionName, Uint32Array>();

  /** Room for `count` words, with any content. */
  words(section: SectionName, count: number): Uint32Array {
    let words = this.held.get(section);
    if (words === undefined || words.length < count) {
      let capacity = 1_024;
      while (capacity < count) capacity *= 2;
      words = new Uint32Array(capacity);
      this.held.set(section, words);
    }
    return words.subarray(0, count);
  }
}

/** A section of rows of words that change: copied now. */
export function copiedWords(
  section: SectionName,
  words: Uint32Array,
  count: number,
  memory: CaptureMemory,
): SectionCapture {
  const copy = memory.words(section, count);
  copy.set(words.subarray(0, count));
  return capturedBytes(section, bytesOfWords(copy, count), false);
}

/** A section of rows of words that never change once they are counted: not copied. `words` gives them where they are when they are read. */
export function settledWords(section: SectionName, words: () => Uint32Array, count: number): SectionCapture {
  return {
    section,
    lengthBytes: count * 4,
    appendOnly: true,
    prepare: () => true,
    read: (offset, into) => into.set(bytesOfWords(words(), count).subarray(offset, offset + into.length)),
  };
}

/** A section of append-only rows in segments of one size: not copied. The list of segments may grow meanwhile. */
export function settledSegments(
  section: SectionName,
  segments: readonly Uint32Array[],
  lengthBytes: number,
): SectionCapture {
  invariant(LITTLE_ENDIAN, 'snapshots are made and read on little-endian machines');
  return {
    section,
    lengthBytes,
    appendOnly: true,
    prepare: () => true,
    read: (offset, into) => {
      for (let done = 0; done < into.length;) {
        const segmentBytes = segments[0].byteLength;
        const segment = segments[Math.floor((offset + done) / segmentBytes)];
        const from = (offset + done) % segmentBytes;
        const count = Math.min(into.length - done, segmentBytes - from);
        into.set(new Uint8Array(segment.buffer, segment.byteOffset + from, count), done);
        done += count;
      }
    },
  };
}

/** Rows encoded by one `prepare`: about a millisecond. */
const ROWS_PER_STEP = 512;

/** A section whose bytes are made later, row by row; what `rowBytes` reads must not change meanwhile. */
export function encodedRows(
  section: SectionName,
  count: number,
  appendOnly: boolean,
  rowBytes: (row: number) => Uint8Array,
): SectionCapture {
  const parts: Uint8Array[] = [];
  let next = 0;
  let bytes: Uint8Array | null = null;
  return {
    section,
    appendOnly,
    get lengthBytes() {
      invariant(bytes !== null, 'a section is prepared before its length is asked for');
      return bytes.length;
    },
    prepare: () => {
      for (const end = Math.min(count, next + ROWS_PER_STEP); next < end; next += 1) parts.push(rowBytes(next));
      if (next < count) return false;
      bytes ??= joined(parts);
      return true;
    },
    read: (offset, into) => {
      invariant(bytes !== null, 'a section is prepared before it is read');
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
}

function joined(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts.splice(0)) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
