import { invariant } from '@quorate/errors';
import type { Directory } from '@quorate/runtime';
import { FRAME_HEADER_BYTES, LEDGER_ID_BYTES, SALT_BYTES, frameHeader, readFrame, type JournalIdentity } from './frame';
import { FOUNDATION_KIND, ZERO_SALT, readFoundation, replaySegments, type JournalEnd } from './journal-recovery';
import { corrupt } from './segment-scan';
import { Segments } from './segments';
import { StorageError } from './storage-error';

/** Largest payload of one record: a block with its body fits, and any segment holds it. */
export const RECORD_BYTES_MAX = 2_097_152;

/** Most bytes that one write makes durable together. */
const BATCH_BYTES_MAX = 8_388_608;

/** Most bytes that may wait for the medium; the caller's window of blocks is far below it. */
const QUEUE_BYTES_MAX = 134_217_728;

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

/** What a journal is opened with. */
export interface JournalOptions {
  readonly directory: Directory;
  /** 16 bytes. */
  readonly ledgerId: Uint8Array;
  /** Makes 16 unpredictable bytes; called only for a new journal. */
  readonly makeSalt: () => Uint8Array;
  /** Sees every durable record in order while the journal opens. `payload` is valid only during the call. */
  readonly onRecord: (record: JournalRecord, position: JournalPosition) => void;
  /** The medium failed: nothing more may be said in this process's life. Called once. */
  readonly onFault: (error: StorageError) => void;
}

interface Append {
  readonly positions: JournalPosition[];
  remaining: number;
  readonly resolve: (positions: JournalPosition[]) => void;
  readonly reject: (error: StorageError) => void;
}

interface QueuedRecord extends JournalRecord {
  readonly append: Append;
}

/**
 * An append-only log with group commit: while one write is on its way to the medium, all appends that arrive wait and
 * share the next one. Appends become durable in call order.
 */
export class Journal {
  private readonly queue: QueuedRecord[] = [];
  private queuedBytes = 0;
  private writing = false;
  private fault: StorageError | null = null;
  private writeCount = 0;

  private constructor(
    private readonly segments: Segments,
    private readonly identity: JournalIdentity,
    private end: JournalEnd,
    private readonly onFault: (error: StorageError) => void,
  ) {}

  /** Opens or makes the journal of a ledger; replays it whole. Throws StorageError. */
  static async open(options: JournalOptions): Promise<Journal> {
    invariant(options.ledgerId.length === LEDGER_ID_BYTES, 'a ledger id has 16 bytes');
    const segments = await Segments.open(options.directory);
    const salt = (await readFoundation(segments, options.ledgerId)) ?? (await layFoundation(segments, options));
    const identity: JournalIdentity = { ledgerId: options.ledgerId, salt };
    const end = await replaySegments(segments, identity, (segment, frame) => {
      options.onRecord(frame, { segment, offset: frame.offset, payloadBytes: frame.payload.length });
    });
    return new Journal(segments, identity, end, options.onFault);
  }

  /** Bytes that the journal occupies on the medium. */
  get sizeBytes(): number {
    return this.segments.sizeBytes;
  }

  /** Writes made since opening; with group commit far fewer than appends. */
  get writes(): number {
    return this.writeCount;
  }

  /** Resolves, with the records' positions, when all of them are durable. */
  append(records: readonly JournalRecord[]): Promise<readonly JournalPosition[]> {
    if (this.fault !== null) return Promise.reject(this.fault);
    if (records.length === 0) return Promise.resolve([]);
    for (const record of records) {
      if (record.payload.length > RECORD_BYTES_MAX) {
        return Promise.reject(
          new StorageError('STORAGE_RECORD_TOO_LARGE', 'a record is larger than a frame may be', {
            bytes: record.payload.length,
          }),
        );
      }
    }
    return new Promise((resolve, reject) => {
      const append: Append = { positions: [], remaining: records.length, resolve, reject };
      for (const record of records) {
        this.queue.push({ kind: record.kind, payload: record.payload, append });
        this.queuedBytes += record.payload.length;
      }
      invariant(this.queuedBytes <= QUEUE_BYTES_MAX, 'more waits for the medium than the window of blocks allows', {
        bytes: this.queuedBytes,
      });
      if (this.writing) return;
      this.writing = true;
      // One turn later, so that appends of the same turn share the write.
      queueMicrotask(() => void this.drain());
    });
  }

  /** Reads a record back and checks it. Throws StorageError. */
  async read(position: JournalPosition): Promise<Uint8Array> {
    const bytes = await this.segments
      .file(position.segment)
      .read(position.offset, FRAME_HEADER_BYTES + position.payloadBytes);
    const frame = readFrame(bytes, 0, this.identity.salt);
    if (frame === null || frame.payload.length !== position.payloadBytes)
      throw corrupt(position.segment, position.offset, 'a record cannot be read back');
    return frame.payload;
  }

  /** Ends writing; appends that still wait are rejected. */
  async close(): Promise<void> {
    this.fail(new StorageError('STORAGE_CLOSED', 'the journal is closed'), false);
    await this.segments.close();
  }

  private async drain(): Promise<void> {
    try {
      while (this.queue.length > 0) await this.writeBatch();
      this.writing = false;
    } catch (error) {
      const fault =
        error instanceof StorageError
          ? error
          : new StorageError('STORAGE_WRITE_FAILED', `the journal could not be written: ${String(error)}`);
      this.fail(fault, true);
    }
  }

  private async writeBatch(): Promise<void> {
    let file = this.segments.file(this.end.segment);
    if (this.end.offset + FRAME_HEADER_BYTES + this.queue[0].payload.length > file.sizeBytes) {
      this.end = { ...this.end, segment: await this.segments.after(this.end.segment), offset: 0 };
      file = this.segments.file(this.end.segment);
    }
    const batchOffset = this.end.offset;
    const chunks: Uint8Array[] = [];
    let { offset, nextSequence } = this.end;
    let count = 0;
    for (const record of this.queue) {
      const frameEnd = offset + FRAME_HEADER_BYTES + record.payload.length;
      if (frameEnd > file.sizeBytes || (count > 0 && frameEnd - batchOffset > BATCH_BYTES_MAX)) break;
      chunks.push(
        frameHeader(this.identity, record.kind, record.payload, { sequence: nextSequence, batchOffset }),
        record.payload,
      );
      record.append.positions.push({ segment: this.end.segment, offset, payloadBytes: record.payload.length });
      this.queuedBytes -= record.payload.length;
      offset = frameEnd;
      nextSequence += 1;
      count += 1;
    }
    const written = this.queue.splice(0, count);
    this.end = { segment: this.end.segment, offset, nextSequence };
    try {
      await file.write(batchOffset, chunks);
    } catch (error) {
      this.queue.unshift(...written);
      throw error;
    }
    this.writeCount += 1;
    if (offset * 2 > file.sizeBytes) this.segments.prepareAfter(this.end.segment);
    for (const { append } of written) {
      append.remaining -= 1;
      if (append.remaining === 0) append.resolve(append.positions);
    }
  }

  private fail(error: StorageError, tell: boolean): void {
    if (this.fault !== null) return;
    this.fault = error;
    const waiting = new Set(this.queue.splice(0).map((record) => record.append));
    if (tell) this.onFault(error);
    for (const append of waiting) append.reject(error);
  }
}

async function layFoundation(segments: Segments, options: JournalOptions): Promise<Uint8Array> {
  const salt = options.makeSalt();
  invariant(salt.length === SALT_BYTES, 'a salt has 16 bytes');
  if (segments.count === 0) await segments.after(0);
  const header = frameHeader({ ledgerId: options.ledgerId, salt: ZERO_SALT }, FOUNDATION_KIND, salt, {
    sequence: 0,
    batchOffset: 0,
  });
  await segments.file(1).write(0, [header, salt]);
  return salt;
}
