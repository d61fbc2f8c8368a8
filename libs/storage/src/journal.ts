import { invariant } from '@quorate/errors';
import type { Directory, Timer, Timers } from '@quorate/runtime';
import {
  Batch,
  type Append,
  type BatchStart,
  type JournalPosition,
  type JournalRecord,
  type QueuedRecord,
} from './batch';
import { FRAME_OVERHEAD_BYTES, NO_LINK, type FrameCodec } from './frame';
import {
  FOUNDATION_KIND,
  JOURNAL_START,
  recoverJournal,
  segmentCodec,
  type DamagedRange,
  type JournalEnd,
  type JournalMark,
} from './journal-recovery';
import { corrupt } from './segment-scan';
import { Segments } from './segments';
import { StorageError, writeFault } from './storage-error';
import type { Vault } from './vault';

/** Largest payload of one record: a block with its body fits, and any segment holds it. */
export const RECORD_BYTES_MAX = 2_097_152;

/** Most bytes that may wait for the medium; the caller's window of blocks is far below it. */
const QUEUE_BYTES_MAX = 134_217_728;

/** How often a full medium is tried again. */
const FULL_RETRY_MS = 1_000;

/** Room on the medium. `short`: the next segment could not be made, this one still has room. `none`: appends wait for room. */
export type JournalSpace = 'ample' | 'short' | 'none';

/** What a journal is opened with. */
export interface JournalOptions {
  readonly directory: Directory;
  readonly vault: Vault;
  readonly timers: Timers;
  /** Where reading begins, as `mark` gave it; what stands before it can still be read by position. The whole journal if it is left out. */
  readonly from?: JournalMark;
  /** Sees every intact record in order while the journal opens. `payload` is valid only during the call. */
  readonly onRecord: (record: JournalRecord, position: JournalPosition, sequence: number) => void;
  /** The medium failed: nothing more may be said in this process's life. Called once. */
  readonly onFault: (error: StorageError) => void;
  /** Called when it changes; `ample` at first. A full medium is no fault: what waits is written when there is room again. */
  readonly onSpace: (space: JournalSpace) => void;
}

/**
 * An append-only log with group commit: while one write is on its way to the medium, all appends that arrive are sealed and share
 * the next one. Appends become durable in call order.
 */
export class Journal {
  /** Bytes that had been durable and were found damaged when the journal was opened. */
  readonly damage: readonly DamagedRange[];
  private readonly queue: QueuedRecord[] = [];
  /** Bytes of records that are not durable yet. */
  private waitingBytes = 0;
  private filling = new Batch();
  private spare = new Batch();
  private writing = false;
  private fault: StorageError | null = null;
  private writeCount = 0;
  private space: JournalSpace = 'ample';
  private growing: Promise<void> | null = null;
  private retry: { timer: Timer; wake: () => void } | null = null;
  private readonly codecs = new Map<number, FrameCodec>();

  private constructor(
    private readonly segments: Segments,
    private readonly options: JournalOptions,
    end: JournalEnd,
    damage: readonly DamagedRange[],
    /** Sequence number of the first record of each segment that was read or written. */
    private readonly firstSequences: Map<number, number>,
  ) {
    this.damage = damage;
    const segmentBytes = segments.file(end.segment).sizeBytes;
    this.filling.begin({ ...end, segmentBytes }, this.codec(end.segment));
  }

  /** Opens or makes the journal of a ledger; replays it whole. Throws StorageError. */
  static async open(options: JournalOptions): Promise<Journal> {
    const from = options.from ?? JOURNAL_START;
    const segments = await Segments.open(options.directory, from.segment);
    const firstSequences = new Map([[from.segment, from.sequence]]);
    const recovered = await recoverJournal(segments, options.vault, from, (segment, frame) => {
      if (!firstSequences.has(segment)) firstSequences.set(segment, frame.sequence);
      options.onRecord(frame, { segment, offset: frame.offset, payloadBytes: frame.payload.length }, frame.sequence);
    });
    if (recovered !== null) return new Journal(segments, options, recovered.end, recovered.damage, firstSequences);
    const end = await layFoundation(segments, options.vault);
    return new Journal(segments, options, end, [], firstSequences);
  }

  /** Bytes that the journal occupies on the medium. */
  get sizeBytes(): number {
    return this.segments.sizeBytes;
  }

  /** Writes made since opening; with group commit far fewer than appends. */
  get writes(): number {
    return this.writeCount;
  }

  /** Where reading must begin for the records of `segment` and all later ones; the start of the journal if that is not known. */
  mark(segment: number): JournalMark {
    const sequence = this.firstSequences.get(segment);
    return sequence === undefined ? JOURNAL_START : { segment, sequence };
  }

  /** Oldest segment whose records can still be read. */
  get firstSegment(): number {
    return this.segments.first;
  }

  /** Removes the segments below `segment` for good: their records must be of no more use, or be held elsewhere. */
  dropBelow(segment: number): Promise<void> {
    return this.segments.dropBelow(segment);
  }

  /** Resolves, with the records' positions, when all of them are durable. */
  append(records: readonly JournalRecord[]): Promise<readonly JournalPosition[]> {
    if (this.fault !== null) return Promise.reject(this.fault);
    if (records.length === 0) return Promise.resolve([]);
    const tooLarge = records.find(({ payload }) => payload.length > RECORD_BYTES_MAX);
    if (tooLarge !== undefined) {
      return Promise.reject(
        new StorageError('STORAGE_RECORD_TOO_LARGE', 'a record is larger than a frame may be', {
          bytes: tooLarge.payload.length,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const append: Append = { positions: [], remaining: records.length, resolve, reject };
      for (const { kind, payload } of records) this.enqueue({ kind, payload, append });
      invariant(this.waitingBytes <= QUEUE_BYTES_MAX, 'more waits for the medium than the window of blocks allows', {
        bytes: this.waitingBytes,
      });
      if (this.writing) return;
      this.writing = true;
      // One turn later, so that appends of the same turn share the write.
      queueMicrotask(() => void this.drain());
    });
  }

  /** Reads a record back and checks it. Throws StorageError. */
  async read(position: JournalPosition): Promise<Uint8Array> {
    const { segment, offset, payloadBytes } = position;
    const bytes = await this.segments.file(segment).read(offset, FRAME_OVERHEAD_BYTES + payloadBytes);
    const frame = this.codec(segment).open(bytes, 0, offset);
    if (frame === null || frame.payloadBytes !== payloadBytes)
      throw corrupt(segment, offset, 'a record cannot be read back');
    return frame.payload;
  }

  /** Ends writing; appends that still wait are rejected. */
  async close(): Promise<void> {
    this.fail(new StorageError('STORAGE_CLOSED', 'the journal is closed'), false);
    await this.growing?.catch(() => undefined);
    await this.segments.close();
  }

  private enqueue(record: QueuedRecord): void {
    this.waitingBytes += record.payload.length;
    if (this.queue.length > 0 || !this.filling.add(record)) this.queue.push(record);
  }

  private async drain(): Promise<void> {
    try {
      while (this.fault === null && (!this.filling.isEmpty || this.queue.length > 0)) {
        if (this.filling.isEmpty) await this.beginSegment();
        else await this.writeBatch();
      }
      this.writing = false;
    } catch (error) {
      this.fail(writeFault('the journal', error), true);
    }
  }

  private async writeBatch(): Promise<void> {
    const batch = this.filling;
    const start = batch.next();
    invariant(start !== null, 'a batch that was begun');
    this.filling = this.spare;
    this.spare = batch;
    this.filling.begin(start, this.codec(batch.segment));
    const written = this.segments.file(batch.segment).write(batch.offset, [batch.bytes]);
    // The next batch is sealed while this one is on its way.
    this.fillFromQueue();
    if (start.offset * 2 > start.segmentBytes) this.prepareAfter(batch.segment);
    try {
      await written;
    } catch (error) {
      this.queue.unshift(...batch.contents);
      throw error;
    }
    this.writeCount += 1;
    for (const { append, payload } of batch.contents) {
      this.waitingBytes -= payload.length;
      append.remaining -= 1;
      if (append.remaining === 0) append.resolve(append.positions);
    }
  }

  /** Goes on in the next segment; waits until there is one. */
  private async beginSegment(): Promise<void> {
    const before = this.filling.next();
    invariant(before !== null, 'a batch that was begun');
    const segment = before.segment + 1;
    if (segment > this.segments.count) {
      const grown = this.growUntilThereIsRoom();
      if (this.space === 'short') this.noteSpace('none');
      await grown;
    }
    if (this.fault !== null) return;
    const start: BatchStart = { ...before, segment, offset: 0, segmentBytes: this.segments.file(segment).sizeBytes };
    this.firstSequences.set(segment, start.nextSequence);
    this.filling.begin(start, this.codec(segment));
    this.fillFromQueue();
  }

  private fillFromQueue(): void {
    let count = 0;
    while (count < this.queue.length && this.filling.add(this.queue[count])) count += 1;
    this.queue.splice(0, count);
  }

  private prepareAfter(segment: number): void {
    if (segment < this.segments.count) return;
    this.growUntilThereIsRoom().catch((error: unknown) => this.fail(writeFault('the journal', error), true));
  }

  private growUntilThereIsRoom(): Promise<void> {
    this.growing ??= this.tryToGrow().finally(() => (this.growing = null));
    return this.growing;
  }

  private async tryToGrow(): Promise<void> {
    while (this.fault === null) {
      try {
        await this.segments.grow();
        this.noteSpace('ample');
        return;
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'STORAGE_FULL') throw error;
        this.noteSpace(this.filling.isEmpty && this.queue.length > 0 ? 'none' : 'short');
        await this.waitForRoom();
      }
    }
  }

  private waitForRoom(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.retry = null;
        resolve();
      };
      this.retry = { timer: this.options.timers.after(FULL_RETRY_MS, wake), wake };
    });
  }

  private noteSpace(space: JournalSpace): void {
    if (this.space === space || this.fault !== null) return;
    this.space = space;
    this.options.onSpace(space);
  }

  private codec(segment: number): FrameCodec {
    let codec = this.codecs.get(segment);
    if (codec === undefined) {
      codec = segmentCodec(this.options.vault, segment);
      this.codecs.set(segment, codec);
    }
    return codec;
  }

  private fail(error: StorageError, tell: boolean): void {
    if (this.fault !== null) return;
    this.fault = error;
    this.retry?.timer.cancel();
    this.retry?.wake();
    const waiting = new Set([...this.queue.splice(0), ...this.filling.contents].map((record) => record.append));
    if (tell) this.options.onFault(error);
    for (const append of waiting) append.reject(error);
  }
}

async function layFoundation(segments: Segments, vault: Vault): Promise<JournalEnd> {
  if (segments.count === 0) await segments.grow();
  const bytes = new Uint8Array(FRAME_OVERHEAD_BYTES);
  const foundation = { kind: FOUNDATION_KIND, payload: new Uint8Array(0), sequence: 0, batchOffset: 0 };
  const link = segmentCodec(vault, 1).seal(bytes, 0, 0, { ...foundation, previous: NO_LINK });
  await segments.file(1).write(0, [bytes]);
  return { segment: 1, offset: bytes.length, nextSequence: 1, link };
}
