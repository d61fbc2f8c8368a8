// Remembers executed envelopes by hash until they expire, so that none takes effect twice. An envelope past its expiry is
// refused for that reason alone, so forgetting it then is safe. What is forgotten, and when, follows from ledger time only.
import { invariant } from '@quorate/errors';
import type { RestoredSections } from './restored-sections';
import { bytesOfWords, encodedRows, type SectionCapture } from './section';

/** Where an executed envelope's results stand. */
export interface EnvelopePosition {
  readonly height: number;
  /** Index of its first operation in the block. */
  readonly firstIndex: number;
  readonly count: number;
}

const ENTRY_WORDS = 13;
const HASH_WORDS = 8;
const ENTRY = { height: 8, firstIndex: 9, count: 10, nextInSlot: 11, nextInSecond: 12 } as const;
/** In a snapshot a row has the second in which it expires (2 words) in place of the chains. */
const ROW_SECOND = 11;
const CAPACITY_MIN = 256;
const SECOND_NS = 1_000_000_000n;
const U32 = 0x1_0000_0000;

/** Entries in one typed array, chained twice: by hash slot, and by the second in which they expire. 0 ends a chain. */
export class EnvelopeMemory {
  private entries = new Uint32Array((CAPACITY_MIN + 1) * ENTRY_WORDS);
  private slots = new Uint32Array(CAPACITY_MIN);
  private readonly seconds = new Map<number, number>();
  private readonly probe = new Uint32Array(HASH_WORDS);
  private free = 0;
  private highest = 0;
  private used = 0;
  private forgottenUntil = -1;

  constructor(private readonly envelopesMax: number) {}

  get size(): number {
    return this.used;
  }

  get full(): boolean {
    return this.used >= this.envelopesMax;
  }

  find(hash: Uint8Array): EnvelopePosition | undefined {
    this.loadProbe(hash);
    const entries = this.entries;
    for (
      let entry = this.slots[this.slotOf(this.probe, 0)];
      entry !== 0;
      entry = entries[entry * ENTRY_WORDS + ENTRY.nextInSlot]
    ) {
      const at = entry * ENTRY_WORDS;
      if (this.matches(at))
        return {
          height: entries[at + ENTRY.height],
          firstIndex: entries[at + ENTRY.firstIndex],
          count: entries[at + ENTRY.count],
        };
    }
    return undefined;
  }

  /** Remembers an envelope that is not remembered yet. There must be room (`full`). */
  remember(hash: Uint8Array, expiresAtNs: bigint, position: EnvelopePosition): void {
    invariant(!this.full, 'an envelope is remembered only while there is room');
    const entry = this.take();
    this.loadProbe(hash);
    const at = entry * ENTRY_WORDS;
    const entries = this.entries;
    entries.set(this.probe, at);
    entries[at + ENTRY.height] = position.height;
    entries[at + ENTRY.firstIndex] = position.firstIndex;
    entries[at + ENTRY.count] = position.count;
    this.link(entry);
    const second = Number(expiresAtNs / SECOND_NS);
    entries[at + ENTRY.nextInSecond] = this.seconds.get(second) ?? 0;
    this.seconds.set(second, entry);
    this.used += 1;
  }

  /** Forgets what expired in a second that is over at ledger time `nowNs`. At most 3,602 seconds are ever held. */
  forgetExpired(nowNs: bigint): void {
    const now = Number(nowNs / SECOND_NS);
    if (now === this.forgottenUntil) return;
    this.forgottenUntil = now;
    for (const [second, newest] of this.seconds) {
      if (second >= now) continue;
      this.seconds.delete(second);
      for (let entry = newest; entry !== 0;) {
        const next = this.entries[entry * ENTRY_WORDS + ENTRY.nextInSecond];
        this.release(entry);
        entry = next;
      }
    }
  }

  /** Entries by the second in which they expire, and of one second in the order in which they came; how they are chained is no state. */
  capture(): SectionCapture[] {
    const entries = this.entries.slice(0, (this.highest + 1) * ENTRY_WORDS);
    const seconds = [...this.seconds].sort(([left], [right]) => left - right);
    return [
      encodedRows('envelopes', seconds.length, false, (row) => encodeSecond(entries, seconds[row][0], seconds[row][1])),
    ];
  }

  /** Takes the place of an empty memory. */
  restore(sections: RestoredSections): void {
    const rows = sections.words('envelopes');
    const count = sections.rows('envelopes');
    for (let row = 0; row < count; row += 1) {
      const from = row * ENTRY_WORDS;
      const entry = this.take();
      const at = entry * ENTRY_WORDS;
      this.entries.set(rows.subarray(from, from + ENTRY.nextInSlot), at);
      this.link(entry);
      const second = rows[from + ROW_SECOND] + rows[from + ROW_SECOND + 1] * U32;
      this.entries[at + ENTRY.nextInSecond] = this.seconds.get(second) ?? 0;
      this.seconds.set(second, entry);
      this.used += 1;
    }
  }

  private release(entry: number): void {
    const entries = this.entries;
    const slot = this.slotOf(entries, entry * ENTRY_WORDS);
    const next = entries[entry * ENTRY_WORDS + ENTRY.nextInSlot];
    if (this.slots[slot] === entry) {
      this.slots[slot] = next;
    } else {
      let before = this.slots[slot];
      while (entries[before * ENTRY_WORDS + ENTRY.nextInSlot] !== entry)
        before = entries[before * ENTRY_WORDS + ENTRY.nextInSlot];
      entries[before * ENTRY_WORDS + ENTRY.nextInSlot] = next;
    }
    entries[entry * ENTRY_WORDS + ENTRY.nextInSlot] = this.free;
    this.free = entry;
    this.used -= 1;
  }

  /** A free entry; entry 0 is never given out. */
  private take(): number {
    if (this.free !== 0) {
      const entry = this.free;
      this.free = this.entries[entry * ENTRY_WORDS + ENTRY.nextInSlot];
      return entry;
    }
    if ((this.highest + 2) * ENTRY_WORDS > this.entries.length) this.grow();
    this.highest += 1;
    return this.highest;
  }

  /** Called only when no entry is free: every entry up to `highest` is in use and gets its place in the larger table. */
  private grow(): void {
    const capacity = this.slots.length * 2;
    const grown = new Uint32Array((capacity + 1) * ENTRY_WORDS);
    grown.set(this.entries);
    this.entries = grown;
    this.slots = new Uint32Array(capacity);
    for (let entry = 1; entry <= this.highest; entry += 1) this.link(entry);
  }

  private link(entry: number): void {
    const slot = this.slotOf(this.entries, entry * ENTRY_WORDS);
    this.entries[entry * ENTRY_WORDS + ENTRY.nextInSlot] = this.slots[slot];
    this.slots[slot] = entry;
  }

  /** SHA-256 output spreads well by itself. */
  private slotOf(words: Uint32Array, at: number): number {
    return words[at] & (this.slots.length - 1);
  }

  private matches(at: number): boolean {
    for (let word = 0; word < HASH_WORDS; word += 1) if (this.entries[at + word] !== this.probe[word]) return false;
    return true;
  }

  private loadProbe(hash: Uint8Array): void {
    invariant(hash.length === 32, 'an envelope hash has 32 bytes', { length: hash.length });
    const view = new DataView(hash.buffer, hash.byteOffset, 32);
    for (let word = 0; word < HASH_WORDS; word += 1) this.probe[word] = view.getUint32(word * 4);
  }
}

/** The rows of one second, oldest first. */
function encodeSecond(entries: Uint32Array, second: number, newest: number): Uint8Array {
  const chain: number[] = [];
  for (let entry = newest; entry !== 0; entry = entries[entry * ENTRY_WORDS + ENTRY.nextInSecond]) chain.push(entry);
  const rows = new Uint32Array(chain.length * ENTRY_WORDS);
  chain.reverse().forEach((entry, row) => {
    const from = entry * ENTRY_WORDS;
    rows.set(entries.subarray(from, from + ENTRY.nextInSlot), row * ENTRY_WORDS);
    rows[row * ENTRY_WORDS + ROW_SECOND] = second % U32;
    rows[row * ENTRY_WORDS + ROW_SECOND + 1] = Math.floor(second / U32);
  });
  return bytesOfWords(rows, rows.length);
}
