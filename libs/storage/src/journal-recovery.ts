import { FRAME_OVERHEAD_BYTES, FrameCodec, NO_LINK } from './frame';
import { corrupt, findFrame, isZero, type PlacedFrame } from './segment-scan';
import { equalLinks } from './sealed-file';
import type { Segments } from './segments';
import { StorageError } from './storage-error';
import { FILE_KIND, type Vault } from './vault';

/** Kind of the journal's first frame, which has sequence number 0 and no payload. */
export const FOUNDATION_KIND = 0;

/** Above this many damaged ranges a journal is refused: its medium is beyond repair. */
const DAMAGED_RANGES_MAX = 65_536;

/** Where writing goes on. */
export interface JournalEnd {
  readonly segment: number;
  readonly offset: number;
  readonly nextSequence: number;
  readonly link: Uint8Array;
}

/** Where reading begins: at the first frame of a segment, whose sequence number is known. */
export interface JournalMark {
  readonly segment: number;
  readonly sequence: number;
}

/** The beginning of every journal. */
export const JOURNAL_START: JournalMark = { segment: 1, sequence: 0 };

/** Bytes that had been durable and are not intact any more. */
export interface DamagedRange {
  readonly segment: number;
  readonly offset: number;
  /** Behind the last damaged byte. */
  readonly endSegment: number;
  readonly endOffset: number;
  /** Records that were in it, by sequence number, both included. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Kind of the one record in it, if its header is intact. */
  readonly recordKind: number | null;
}

/** What recovery found. */
export interface Recovered {
  readonly end: JournalEnd;
  readonly damage: readonly DamagedRange[];
}

/** Codec of the frames of one segment. */
export function segmentCodec(vault: Vault, segment: number): FrameCodec {
  return new FrameCodec(vault, { kind: FILE_KIND.journal, number: segment });
}

/**
 * Reads every frame in order, steps over damage, cuts a torn tail and writes the last batch again: bytes read back after a failed
 * write may be in the system's cache only, and must be on the medium before anything is said that rests on them.
 *
 * What stands before `from` is not read. A journal whose foundation never became durable gives null: nothing was ever promised.
 */
export async function recoverJournal(
  segments: Segments,
  vault: Vault,
  from: JournalMark,
  visit: (segment: number, frame: PlacedFrame) => void,
): Promise<Recovered | null> {
  if (segments.count === 0) return null;
  return new Recovery(segments, vault, from, visit).run();
}

class Recovery {
  private readonly damage: DamagedRange[] = [];
  /** Sequence number that comes next. */
  private sequence: number;
  /** Link of the frame before; null behind damage, and where it was not read. */
  private link: Uint8Array | null;
  /** Behind the last frame that was accepted or recognised by its header. */
  private known: { segment: number; offset: number };
  /** Link of the frame that ends there; null if its tag is damaged. */
  private knownLink: Uint8Array | null = null;
  private last: { segment: number; offset: number; batchOffset: number } | null = null;
  private accepted = 0;

  constructor(
    private readonly segments: Segments,
    private readonly vault: Vault,
    private readonly from: JournalMark,
    private readonly visit: (segment: number, frame: PlacedFrame) => void,
  ) {
    this.sequence = from.sequence;
    this.link = from.segment === 1 ? NO_LINK : null;
    this.known = { segment: from.segment, offset: 0 };
  }

  async run(): Promise<Recovered | null> {
    for (let segment = this.from.segment; segment <= this.segments.count; segment += 1) {
      const file = this.segments.file(segment);
      const bytes = await file.read(0, file.sizeBytes);
      const tornAt = await this.scanSegment(segment, bytes);
      if (tornAt !== null && this.accepted === 0) break;
      await this.writeLastBatchAgain(segment, bytes);
      if (tornAt === null) continue;
      await file.write(tornAt, [new Uint8Array(bytes.length - tornAt)]);
      if (segment > this.known.segment) await this.clearBehindKnown();
      break;
    }
    if (this.accepted === 0) return this.startAnew();
    const { sequence: nextSequence, knownLink, known, damage } = this;
    return { end: { ...known, nextSequence, link: knownLink ?? NO_LINK }, damage };
  }

  /** Accepts the frames of a segment. Returns where its torn tail begins; null if there is none. */
  private async scanSegment(segment: number, bytes: Uint8Array): Promise<number | null> {
    const codec = segmentCodec(this.vault, segment);
    let provenBatch = -1;
    let offset = 0;
    for (;;) {
      const frame = codec.open(bytes, offset, offset);
      if (frame !== null && frame.sequence >= this.sequence) {
        this.accept(segment, { ...frame, offset });
        offset = this.known.offset;
        continue;
      }
      if (isZero(bytes, offset)) return null;
      if (provenBatch <= offset) provenBatch = findFrame(bytes, codec, offset + 1, offset)?.batchOffset ?? -1;
      if (provenBatch <= offset && !(await this.framesBehind(segment))) {
        this.assertNothingBefore(segment, bytes, codec);
        return offset;
      }
      offset = this.stepOver(codec, segment, bytes, offset);
    }
  }

  /**
   * The first write to a segment was interrupted. What reached the medium of it tells whether the end of the segment before is all there: one
   * missing frame is the one at its beginning, more may be records that had been durable.
   */
  private assertNothingBefore(segment: number, bytes: Uint8Array, codec: FrameCodec): void {
    if (segment === this.known.segment) return;
    const rest = findFrame(bytes, codec, 1, -1);
    if (rest !== null && rest.sequence > this.sequence + 1)
      throw corrupt(this.known.segment, this.known.offset, 'records are missing before the next segment begins');
  }

  private accept(segment: number, frame: PlacedFrame): void {
    if (frame.sequence > this.sequence) this.noteDamage(segment, frame.offset, frame.sequence - 1, null);
    else if (this.link !== null && !equalLinks(frame.previous, this.link))
      throw corrupt(segment, frame.offset, 'this frame does not follow the one before it: one of them is stale');
    this.sequence = frame.sequence + 1;
    this.link = frame.link;
    this.knownLink = frame.link;
    this.accepted += 1;
    this.last = { segment, offset: frame.offset, batchOffset: frame.batchOffset };
    this.known = { segment, offset: frame.offset + FRAME_OVERHEAD_BYTES + frame.payload.length };
    if (frame.kind !== FOUNDATION_KIND) this.visit(segment, frame);
  }

  /** The next offset worth looking at behind a frame that is not intact. */
  private stepOver(codec: FrameCodec, segment: number, bytes: Uint8Array, offset: number): number {
    const head = codec.head(bytes, offset, offset);
    const end = head === null ? 0 : offset + FRAME_OVERHEAD_BYTES + head.payloadBytes;
    if (head !== null && head.sequence === this.sequence && end <= bytes.length) {
      this.noteDamage(segment, end, head.sequence, head.kind);
      this.sequence += 1;
      this.link = null;
      this.knownLink = null;
      this.known = { segment, offset: end };
      return end;
    }
    this.link = null;
    return findFrame(bytes, codec, offset + 1, -1)?.offset ?? bytes.length;
  }

  /** The journal goes on in a segment whose rest was taken for damage while the next one was not read yet. */
  private async clearBehindKnown(): Promise<void> {
    const file = this.segments.file(this.known.segment);
    await file.write(this.known.offset, [new Uint8Array(file.sizeBytes - this.known.offset)]);
  }

  private noteDamage(endSegment: number, endOffset: number, lastSequence: number, recordKind: number | null): void {
    const { known, sequence: firstSequence } = this;
    if (this.damage.length >= DAMAGED_RANGES_MAX)
      throw corrupt(known.segment, known.offset, 'too many places are damaged');
    this.damage.push({ ...known, endSegment, endOffset, firstSequence, lastSequence, recordKind });
  }

  private async framesBehind(segment: number): Promise<boolean> {
    for (let later = segment + 1; later <= this.segments.count; later += 1) {
      const file = this.segments.file(later);
      const bytes = await file.read(0, file.sizeBytes);
      if (findFrame(bytes, segmentCodec(this.vault, later), 0, -1) !== null) return true;
    }
    return false;
  }

  private async startAnew(): Promise<null> {
    const file = this.segments.file(this.from.segment);
    const bytes = await file.read(0, file.sizeBytes);
    if (this.segments.count > 1 || this.from.segment > 1 || !isZero(bytes, FRAME_OVERHEAD_BYTES)) {
      throw new StorageError('STORAGE_FOREIGN', 'no frame of the journal opens as one of this ledger with these keys', {
        segment: 1,
        offsetBytes: 0,
      });
    }
    await file.write(0, [new Uint8Array(FRAME_OVERHEAD_BYTES)]);
    return null;
  }

  private async writeLastBatchAgain(segment: number, bytes: Uint8Array): Promise<void> {
    const { last, known } = this;
    if (last === null || last.segment !== segment || known.segment !== segment) return;
    await this.segments.file(segment).write(last.batchOffset, [bytes.subarray(last.batchOffset, known.offset)]);
  }
}
