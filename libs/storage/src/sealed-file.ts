import { invariant } from '@quorate/errors';
import type { Directory, GrowingFile } from '@quorate/runtime';
import { FRAME_HEADER_BYTES, FRAME_OVERHEAD_BYTES, FrameCodec, LINK_BYTES, NO_LINK, TAG_BYTES } from './frame';
import { ReadAhead } from './read-ahead';
import { StorageError, writeFault } from './storage-error';
import type { FileLabel, Vault } from './vault';

/** Largest payload of one frame. */
export const SEALED_PAYLOAD_BYTES_MAX = 16_777_216;

/** Memory of frames of one size that is kept for the next ones, when they are written. */
const SPARE_BYTES_MAX = 8_388_608;

/** Where a frame is in its file. */
export interface SealedPosition {
  readonly offset: number;
  readonly payloadBytes: number;
}

/** What a sealed file is opened with. */
export interface SealedFileOptions {
  readonly directory: Directory;
  readonly vault: Vault;
  readonly label: FileLabel;
  readonly name: string;
  /** The file was complete before it got its name: damage is an error, and nothing is cut. */
  readonly complete?: boolean;
  /** Frames are only read, at positions that are known from elsewhere: the file is not looked through when it opens. */
  readonly byPosition?: boolean;
  /** Small frames wait for one write until they are this many bytes, or somebody reads, syncs or closes; 0 if it is left out. */
  readonly gatherBytes?: number;
  /** Sees every intact frame in order while the file opens. */
  readonly onFrame?: (kind: number, payload: Uint8Array, position: SealedPosition) => void;
}

/**
 * A file of sealed frames that grows at its end and is read at any position. What follows the first frame that is not intact is cut
 * when the file opens: it is for what can be made again, or what is `complete` before it is renamed. Not durable before `sync`.
 */
export class SealedFile {
  private work: Promise<void> = Promise.resolve();
  private end = 0;
  private sequence = 0;
  private link: Uint8Array = NO_LINK;
  /** Sealed frames at the end that are not on their way to the medium yet. */
  private gathered: Uint8Array[] = [];
  private gatheredBytes = 0;
  /** Memory of written frames, all of the same size. */
  private spare: Uint8Array[] = [];
  private readonly name: string;
  private readonly gatherBytes: number;
  private readonly codec: FrameCodec;

  private constructor(
    private readonly file: GrowingFile,
    { name, vault, label, gatherBytes = 0 }: SealedFileOptions,
  ) {
    this.name = name;
    this.gatherBytes = gatherBytes;
    this.codec = new FrameCodec(vault, label);
  }

  /** Opens the file, or makes it. `cutBytes` of the result tells how much was not intact and is gone. */
  static async open(options: SealedFileOptions): Promise<{ file: SealedFile; cutBytes: number }> {
    const growing = await options.directory.openGrowing(options.name).catch((error: unknown) => {
      // It may have to be made.
      throw writeFault(options.name, error);
    });
    const file = new SealedFile(growing, options);
    if (options.byPosition === true) {
      file.end = growing.sizeBytes;
      return { file, cutBytes: 0 };
    }
    await file.scan(options.onFrame ?? (() => undefined));
    const cutBytes = growing.sizeBytes - file.end;
    if (cutBytes > 0 && options.complete === true) {
      await growing.close();
      throw file.damagedAt(file.end);
    }
    if (cutBytes > 0) await growing.truncate(file.end);
    return { file, cutBytes };
  }

  /** Bytes of all frames. */
  get sizeBytes(): number {
    return this.end;
  }

  /** Frames in it. */
  get count(): number {
    return this.sequence;
  }

  /** Adds a frame and gives its position at once; the write happens in order behind the ones before it. A failed write shows in `sync`. */
  append(kind: number, payload: Uint8Array): SealedPosition {
    invariant(payload.length <= SEALED_PAYLOAD_BYTES_MAX, 'a sealed frame within its limit', { bytes: payload.length });
    const offset = this.end;
    const bytes = this.room(FRAME_OVERHEAD_BYTES + payload.length);
    this.link = this.codec.seal(bytes, 0, offset, {
      kind,
      payload,
      sequence: this.sequence,
      batchOffset: 0,
      previous: this.link,
    });
    this.sequence += 1;
    this.end = offset + bytes.length;
    this.gathered.push(bytes);
    this.gatheredBytes += bytes.length;
    if (this.gatheredBytes > this.gatherBytes) this.writeGathered();
    return { offset, payloadBytes: payload.length };
  }

  /** Resolves when every frame appended before is durable. */
  async sync(): Promise<void> {
    this.writeGathered();
    this.enqueue(() => this.file.sync());
    await this.work;
  }

  /** Reads a frame back. Throws StorageError STORAGE_CORRUPT if it is not intact. */
  async read({ offset, payloadBytes }: SealedPosition): Promise<Uint8Array> {
    this.writeGathered();
    await this.work;
    const bytes = await this.file.read(offset, FRAME_OVERHEAD_BYTES + payloadBytes);
    const frame = this.codec.open(bytes, 0, offset);
    if (frame === null || frame.payloadBytes !== payloadBytes) throw this.damagedAt(offset);
    return frame.payload;
  }

  async close(): Promise<void> {
    this.writeGathered();
    await this.work.catch(() => undefined);
    await this.file.close();
  }

  private writeGathered(): void {
    if (this.gathered.length === 0) return;
    const chunks = this.gathered;
    const offset = this.end - this.gatheredBytes;
    this.gathered = [];
    this.gatheredBytes = 0;
    this.enqueue(async () => {
      await this.file.write(offset, chunks);
      for (const chunk of chunks) this.keep(chunk);
    });
  }

  /** Memory for a frame: what it held before is written over. */
  private room(bytes: number): Uint8Array {
    return this.spare[0]?.length === bytes ? (this.spare.pop() ?? new Uint8Array(bytes)) : new Uint8Array(bytes);
  }

  private keep(chunk: Uint8Array): void {
    if (this.spare.length > 0 && this.spare[0].length !== chunk.length) this.spare = [];
    if ((this.spare.length + 1) * chunk.length <= SPARE_BYTES_MAX) this.spare.push(chunk);
  }

  private enqueue(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => {
      throw writeFault(this.name, error);
    });
    // Whoever syncs hears of it.
    this.work.catch(() => undefined);
  }

  private damagedAt(offsetBytes: number): StorageError {
    return new StorageError('STORAGE_CORRUPT', `${this.name} is damaged at byte ${offsetBytes}`, {
      file: this.name,
      offsetBytes,
    });
  }

  private async scan(onFrame: NonNullable<SealedFileOptions['onFrame']>): Promise<void> {
    const ahead = new ReadAhead(this.file);
    while (await ahead.hold(this.end, FRAME_OVERHEAD_BYTES)) {
      const { bytes, at } = ahead.window;
      const head = this.codec.head(bytes, this.end - at, this.end);
      if (head === null || head.sequence !== this.sequence || !equalLinks(head.previous, this.link)) return;
      if (!(await ahead.hold(this.end, FRAME_OVERHEAD_BYTES + head.payloadBytes))) return;
      const { window } = ahead;
      const frame = this.codec.open(window.bytes, this.end - window.at, this.end);
      if (frame === null) return;
      onFrame(frame.kind, frame.payload, { offset: this.end, payloadBytes: frame.payloadBytes });
      this.end += FRAME_HEADER_BYTES + frame.payloadBytes + TAG_BYTES;
      this.sequence += 1;
      this.link = frame.link;
    }
  }
}

/** Whether a frame names the one before it. */
export function equalLinks(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 0; index < LINK_BYTES; index += 1) if (left[index] !== right[index]) return false;
  return true;
}
