// What came of the blocks that this replica executed, one frame per block, in files `outcomes-<height of the first>`: the block's leaf of the
// history tree, then the outcome. Derived: it is written behind execution without waiting, a torn end is cut, and what is missing is written again by executing the blocks again. In
// memory are the heights at which files begin, and where the frames are in the few files that were read last. Nothing else depends on
// it: what cannot be written or read back is answered as not held.
import { concatBytes } from '@quorate/crypto';
import { decodeOutcome, encodeOutcome, type StoredOutcome } from '@quorate/ledger';
import type { Directory } from '@quorate/runtime';
import { FILE_KIND, SealedFile, type SealedPosition, type Vault } from '@quorate/storage';

/** A file is read whole to find its frames: at most this much, and this many of them. */
const FILE_BYTES_MAX = 67_108_864;
const FILE_BLOCKS_MAX = 16_384;

/** Files held open besides the one that is written: about a quarter of a mebibyte each. */
const FILES_OPEN_MAX = 4;

const NAME_PATTERN = /^outcomes-(\d{10})$/;
const OUTCOME = 2;
const LEAF_BYTES = 32;

interface OpenFile {
  readonly first: number;
  readonly file: SealedFile;
  readonly positions: SealedPosition[];
  /** Leaf of each block; null in a frame of another version. */
  readonly leaves: (Uint8Array | null)[];
}

/** Where the log is and what seals it. */
export interface OutcomeLogOptions {
  readonly directory: Directory;
  readonly vault: Vault;
}

/** Outcomes of blocks by height, on disk. */
export class OutcomeLog {
  private readonly opened = new Map<number, Promise<OpenFile>>();
  /** Makes the file for what comes next; appends wait for it in order. */
  private work: Promise<void> = Promise.resolve();
  private failure: Error | null = null;
  private reading: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: OutcomeLogOptions,
    /** Heights at which the files begin, ascending. */
    private readonly firsts: number[],
    private newest: OpenFile | null,
    private nextHeight: number,
  ) {}

  /** Opens the log, or begins one. */
  static async open(options: OutcomeLogOptions): Promise<OutcomeLog> {
    const names = await options.directory.list();
    const firsts = names.flatMap((name) => NAME_PATTERN.exec(name)?.slice(1).map(Number) ?? []);
    const last = firsts.at(-1);
    const newest = last === undefined ? null : await openFile(options, last);
    return new OutcomeLog(options, firsts, newest, newest === null ? 0 : newest.first + newest.positions.length);
  }

  /** Takes the outcome of an executed block and its leaf of the history tree. One that is held already is not written again. */
  append(height: number, outcome: StoredOutcome, leaf: Uint8Array): void {
    if (this.nextHeight !== 0 && height < this.nextHeight) return;
    const follows = height === this.nextHeight;
    this.nextHeight = height + 1;
    const payload = concatBytes(leaf, encodeOutcome(outcome));
    this.work = this.work.then(() => this.write(height, payload, follows)).catch((error: unknown) => this.fail(error));
  }

  /** The outcome of a block; null if the log does not hold it. One is read at a time, so that no file is closed under a reader. */
  read(height: number): Promise<StoredOutcome | null> {
    return this.inTurn(height, async ({ file, positions }, index) => {
      const position = positions[index];
      return position === undefined ? null : decodeOutcome((await file.read(position)).subarray(LEAF_BYTES));
    });
  }

  /** The leaf of a block in the history tree; null if the log does not hold it. */
  leaf(height: number): Promise<Uint8Array | null> {
    return this.inTurn(height, ({ leaves }, index) => leaves[index] ?? null);
  }

  private inTurn<Result>(
    height: number,
    find: (held: OpenFile, index: number) => Result | null | Promise<Result | null>,
  ): Promise<Result | null> {
    const reading = this.reading.then(() => this.findNow(height, find));
    this.reading = reading.then(
      () => undefined,
      () => undefined,
    );
    return reading;
  }

  private async findNow<Result>(
    height: number,
    find: (held: OpenFile, index: number) => Result | null | Promise<Result | null>,
  ): Promise<Result | null> {
    await this.work;
    const first = this.firsts.findLast((each) => each <= height);
    if (first === undefined) return null;
    try {
      return await find(await this.fileFrom(first), height - first);
    } catch {
      return null;
    }
  }

  /** Removes files that hold only heights below `height`. */
  async dropBelow(height: number): Promise<void> {
    await this.work;
    while (this.firsts.length > 1 && this.firsts[1] <= height) {
      const first = this.firsts.shift() ?? 0;
      const opened = this.opened.get(first);
      this.opened.delete(first);
      await this.reading;
      await (await opened)?.file.close();
      await this.options.directory.remove(nameOf(first));
    }
  }

  /** Resolves when everything appended before is durable; rejects if something could not be written. */
  async sync(): Promise<void> {
    await this.work;
    if (this.failure !== null) throw this.failure;
    await this.newest?.file.sync();
  }

  async close(): Promise<void> {
    await this.work;
    for (const opened of this.opened.values()) await (await opened).file.close();
    await this.newest?.file.close();
  }

  /** From here on nothing is written: a gap would be filled only by executing again, after a restart. */
  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }

  private async write(height: number, payload: Uint8Array, follows: boolean): Promise<void> {
    if (this.failure !== null) return;
    const current = this.newest;
    const full =
      current !== null && (current.file.sizeBytes >= FILE_BYTES_MAX || current.positions.length >= FILE_BLOCKS_MAX);
    if (current === null || full || !follows) {
      await current?.file.sync();
      if (current !== null) this.opened.set(current.first, Promise.resolve(current));
      this.newest = await openFile(this.options, height);
      this.firsts.push(height);
    }
    this.newest?.positions.push(this.newest.file.append(OUTCOME, payload));
    this.newest?.leaves.push(payload.slice(0, LEAF_BYTES));
  }

  private async fileFrom(first: number): Promise<OpenFile> {
    if (this.newest?.first === first) return this.newest;
    const known = this.opened.get(first);
    if (known !== undefined) {
      this.opened.delete(first);
      this.opened.set(first, known);
      return known;
    }
    const opening = openFile(this.options, first);
    this.opened.set(first, opening);
    for (const [oldest, file] of this.opened) {
      if (this.opened.size <= FILES_OPEN_MAX) break;
      this.opened.delete(oldest);
      await (await file).file.close();
    }
    return opening;
  }
}

/** Outcomes of small blocks share a write: one that is lost in a crash is found again by executing the block again. */
const GATHER_BYTES = 65_536;

async function openFile({ directory, vault }: OutcomeLogOptions, first: number): Promise<OpenFile> {
  const positions: SealedPosition[] = [];
  const leaves: (Uint8Array | null)[] = [];
  const { file } = await SealedFile.open({
    directory,
    vault,
    label: { kind: FILE_KIND.outcomes, number: first },
    name: nameOf(first),
    gatherBytes: GATHER_BYTES,
    onFrame: (kind, payload, position) => {
      positions.push(position);
      leaves.push(kind === OUTCOME ? payload.slice(0, LEAF_BYTES) : null);
    },
  });
  return { first, file, positions, leaves };
}

function nameOf(first: number): string {
  return `outcomes-${String(first).padStart(10, '0')}`;
}
