import { FRAME_OVERHEAD_BYTES, type FrameCodec } from './frame';

/** Most bytes that one write makes durable together: enough to keep a disk busy, and little enough that the next is sealed meanwhile. */
export const BATCH_BYTES_MAX = 4_194_304;

/** Room that a batch keeps for the next one to use. */
const ROOM_BYTES_MIN = 65_536;

/** One call of `append`: it is answered when its last record is durable. */
export interface Append {
  readonly positions: JournalPosition[];
  remaining: number;
  readonly resolve: (positions: JournalPosition[]) => void;
  readonly reject: (error: Error) => void;
}

/** One record to append; `kind` is 1..255 and belongs to the caller. */
export interface JournalRecord {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** Where a record's frame is. */
export interface JournalPosition {
  readonly segment: number;
  readonly offset: number;
  readonly payloadBytes: number;
}

/** A record and the call that it came with. */
export interface QueuedRecord extends JournalRecord {
  readonly append: Append;
}

/** Where a batch begins. */
export interface BatchStart {
  readonly segment: number;
  readonly offset: number;
  readonly nextSequence: number;
  readonly link: Uint8Array;
  /** Size of the segment. */
  readonly segmentBytes: number;
}

/** Frames that one write makes durable, sealed while they wait for it. */
export class Batch {
  private room = new Uint8Array(ROOM_BYTES_MIN);
  private used = 0;
  private records: QueuedRecord[] = [];
  private start: BatchStart | null = null;
  private codec: FrameCodec | null = null;
  private link: Uint8Array = new Uint8Array(0);

  /** Begins anew, behind what was written last. */
  begin(start: BatchStart, codec: FrameCodec): void {
    this.start = start;
    this.codec = codec;
    this.link = start.link;
    this.used = 0;
    this.records = [];
    if (this.room.length > BATCH_BYTES_MAX) this.room = new Uint8Array(ROOM_BYTES_MIN);
  }

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  /** Seals a record into the batch; false if it does not fit any more. */
  add(record: QueuedRecord): boolean {
    const { start, codec } = this;
    if (start === null || codec === null) return false;
    const { kind, payload, append } = record;
    const end = this.used + FRAME_OVERHEAD_BYTES + payload.length;
    if (start.offset + end > start.segmentBytes || (this.used > 0 && end > BATCH_BYTES_MAX)) return false;
    this.reserve(end);
    const offset = start.offset + this.used;
    const sequence = start.nextSequence + this.records.length;
    const place = { sequence, batchOffset: start.offset, previous: this.link };
    this.link = codec.seal(this.room, this.used, offset, { kind, payload, ...place });
    append.positions.push({ segment: start.segment, offset, payloadBytes: payload.length });
    this.used = end;
    this.records.push(record);
    return true;
  }

  get segment(): number {
    return this.start?.segment ?? 0;
  }

  get offset(): number {
    return this.start?.offset ?? 0;
  }

  get bytes(): Uint8Array {
    return this.room.subarray(0, this.used);
  }

  get contents(): readonly QueuedRecord[] {
    return this.records;
  }

  /** Where the next batch in the same segment begins. */
  next(): BatchStart | null {
    const { start, link } = this;
    if (start === null) return null;
    const nextSequence = start.nextSequence + this.records.length;
    return { ...start, offset: start.offset + this.used, nextSequence, link };
  }

  private reserve(bytes: number): void {
    if (bytes <= this.room.length) return;
    const wider = new Uint8Array(Math.max(bytes, Math.min(2 * this.room.length, BATCH_BYTES_MAX)));
    wider.set(this.room.subarray(0, this.used));
    this.room = wider;
  }
}
