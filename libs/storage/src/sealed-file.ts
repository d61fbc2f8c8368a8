import { invariant } from '@quorate/errors';
import type { Directory, GrowingFile } from '@quorate/runtime';
import { FRAME_HEADER_BYTES, FRAME_OVERHEAD_BYTES, FrameCodec, LINK_BYTES, NO_LINK, TAG_BYTES } from './frame';
import { StorageError, writeFault } from './storage-error';
import type { FileLabel, Vault } from './vault';

/** Largest payload of one frame. */
export const SEALED_PAYLOAD_BYTES_MAX = 16_777_216;

/** Read at a time while a file is opened. */
const SCAN_BYTES = 4_194_304;

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
    await file.scan(options.onFrame ?? (() => undefined));
    const cutBytes = growing.sizeBytes - file.end;
    if (cutBytes > 0 && options.complete === true) throw file.damagedAt(file.end);
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
    const bytes = new Uint8Array(FRAME_OVERHEAD_BYTES + payload.length);
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
    this.enqueue(() => this.file.write(offset, chunks));
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
    let window = new Uint8Array(0);
    let windowAt = 0;
    const size = this.file.sizeBytes;
    const hold = async (bytes: number): Promise<boolean> => {
      if (this.end + bytes > size) return false;
      if (this.end + bytes <= windowAt + window.length) return true;
      windowAt = this.end;
      window = new Uint8Array(await this.file.read(windowAt, Math.min(size - windowAt, Math.max(bytes, SCAN_BYTES))));
      return true;
    };
    while (await hold(FRAME_OVERHEAD_BYTES)) {
      const head = this.codec.head(window, this.end - windowAt, this.end);
      if (head === null || head.sequence !== this.sequence || !equalLinks(head.previous, this.link)) return;
      if (!(await hold(FRAME_OVERHEAD_BYTES + head.payloadBytes))) return;
      const frame = this.codec.open(window, this.end - windowAt, this.end);
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
