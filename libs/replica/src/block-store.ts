import { RECENT_HEADERS_MAX, makeBlock, type Block, type HeaderLink, type PersistEffect } from '@quorate/consensus';
import { concatBytes, hex, unhex } from '@quorate/crypto';
import {
  HEADER_BYTES,
  encodeCertificate,
  encodeHeader,
  genesisHeader,
  genesisId,
  type Certificate,
  type EpochStep,
  type Genesis,
} from '@quorate/protocol';
import { Writer } from '@quorate/codec';
import { invariant } from '@quorate/errors';
import type { Directory, Timer, Timers } from '@quorate/runtime';
import {
  JOURNAL_START,
  Journal,
  type DamagedRange,
  type JournalMark,
  type JournalPosition,
  type JournalRecord,
  type JournalSpace,
  type StorageError,
  type Vault,
} from '@quorate/storage';
import type { ArchivedHistory } from './archived-history';
import type { BlockSource } from './history-mender';
import { JournalScan, RECORD, type ScannedBlock } from './journal-scan';
import { ReplicaError } from './replica-error';
import type { StoreBase } from './store-base';

/** A record that nobody waits for is synchronised with the next one that somebody does, or after this long. */
const LAZY_MS_MAX = 25;

/** Blocks kept in memory besides those that are not durable yet: what peers and receipts ask for most. */
const RECENT_BLOCKS_MAX = 256;
const RECENT_BYTES_MAX = 67_108_864;

/** Older certificates are kept in memory at about this distance; below RANGE_TAIL_MAX with room for a window of blocks. */
const CERTIFICATE_DISTANCE = 256;

/** Headers in memory before the older ones are let go. */
const HEADERS_KEPT_MAX = RECENT_HEADERS_MAX * 2;

/** Blocks that may stand in the journal behind one of this much lower height, though they were written before it. */
const MARK_BLOCKS = 64;

/** Place of a block that the journal does not hold any more. */
const GONE: JournalPosition = { segment: 0, offset: 0, payloadBytes: 0 };

interface WaitingRecords {
  readonly records: JournalRecord[];
  /** Keys of the blocks among the records, in order. */
  readonly keys: string[];
  readonly done: (() => void)[];
}

/** What the journal held when it was opened. */
export interface StoredState {
  readonly voteState: Uint8Array | null;
  readonly finalHeight: number;
  readonly finalCertificate: Certificate | null;
  /** Newest final block that ends an epoch. */
  readonly epochEnd: Block | null;
  /** Stored blocks above the final height, in journal order. */
  readonly unfinalised: readonly Block[];
}

/** What a block store is opened with. */
export interface BlockStoreOptions {
  readonly directory: Directory;
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly vault: Vault;
  readonly timers: Timers;
  readonly base: StoreBase | null;
  /** Gives the blocks that the journal lost. */
  readonly source: BlockSource;
  /** Holds blocks that the journal does not hold any more; null if nothing is archived. */
  readonly archive: ArchivedHistory | null;
  readonly onFault: (error: StorageError) => void;
  readonly onSpace: (space: JournalSpace) => void;
}

/** Blocks, certificates and vote state of one replica: in the journal, and indexed by height and id in memory. */
export class BlockStore {
  private readonly places = new Map<string, JournalPosition>();
  /** Key of the final block at height firstHeight + index. */
  private readonly finalKeys: string[] = [];
  /** Lowest height whose block this store ever held. */
  readonly firstHeight: number;
  /** Newest final headers, ascending. */
  private headers: HeaderLink[] = [];
  /** Segments of the newest records of each kind: reading must not begin behind them. */
  private readonly newestSegments = new Map<number, number>();
  private readonly certificates = new Map<number, Certificate>();
  private readonly certificateHeights: number[] = [];
  /** Heights of the final blocks that end epochs, by epoch: their certificates are kept for ever. */
  private readonly epochEnds = new Map<number, Block>();
  private readonly recent = new Map<string, Block>();
  private recentBytes = 0;
  private lowestHeld: number;
  private waiting: WaitingRecords = { records: [], keys: [], done: [] };
  private lazyTimer: Timer | null = null;

  private constructor(
    private readonly journal: Journal,
    private readonly options: BlockStoreOptions,
  ) {
    const { base } = options;
    this.firstHeight = base?.firstHeight ?? 1;
    this.lowestHeld = this.firstHeight;
    if (base === null) return;
    base.keys.forEach((key, index) => {
      this.finalKeys.push(key);
      const place = base.places[index];
      if (place !== undefined && place.segment >= journal.firstSegment) this.places.set(key, place);
    });
    this.headers = [...base.headers];
    for (const { header, body } of base.epochs) this.noteEpochEnd(makeBlock(encodeHeader(header), body));
    for (const { height, certificate } of base.certificates) this.noteCertificate(height, certificate);
  }

  /** Opens the store of a ledger's replica, or makes it. Throws StorageError or ReplicaError. */
  static async open(options: BlockStoreOptions): Promise<{ store: BlockStore; stored: StoredState }> {
    const scan = new JournalScan(options.genesisBytes);
    const journal = await Journal.open({
      directory: options.directory,
      vault: options.vault,
      timers: options.timers,
      from: options.base?.mark,
      onRecord: (record, position, sequence) => scan.visit(record, position, sequence),
      onFault: options.onFault,
      onSpace: options.onSpace,
    });
    const lost = scan.lostVotes(journal.damage);
    if (lost !== null) {
      const { segment, offset: offsetBytes } = lost;
      throw new ReplicaError(
        'REPLICA_VOTES_LOST',
        `journal segment ${segment} is damaged at byte ${offsetBytes}, where the newest votes may have been`,
        { segment, offsetBytes },
      );
    }
    const store = new BlockStore(journal, options);
    // The genesis of a snapshot was compared when the snapshot was read.
    const fromStart = options.base === null || options.base.mark.sequence === JOURNAL_START.sequence;
    if (!scan.sawGenesis && fromStart) await journal.append([{ kind: RECORD.genesis, payload: options.genesisBytes }]);
    return { store, stored: await store.adopt(scan) };
  }

  get finalHeight(): number {
    return this.firstHeight - 1 + this.finalKeys.length;
  }

  /** Final headers from a height on as far as they are among the newest, ascending. */
  newestHeaders(fromHeight: number): readonly HeaderLink[] {
    return this.headers.filter(({ header }) => header.height >= fromHeight);
  }

  /** Keys and places of the final blocks from `firstHeight` up to a height; null while one of them is not durable. */
  placesUpTo(height: number): { readonly keys: readonly string[]; readonly places: readonly JournalPosition[] } | null {
    const keys = this.finalKeys.slice(0, height - this.firstHeight + 1);
    const places: JournalPosition[] = [];
    for (const key of keys) {
      const place = this.places.get(key) ?? GONE;
      if (place === GONE && this.recent.has(key)) return null;
      places.push(place);
    }
    return { keys, places };
  }

  /** Commit certificates that are held, ascending. */
  heldCertificates(): readonly { readonly height: number; readonly certificate: Certificate }[] {
    return this.certificateHeights.flatMap((height) => {
      const certificate = this.certificates.get(height);
      return certificate === undefined ? [] : [{ height, certificate }];
    });
  }

  /** Where reading may begin for whoever has the state after `height`: what is above it, and the newest of everything else, stands behind. */
  mark(height: number): JournalMark {
    const key = this.finalKeys[Math.max(0, height - MARK_BLOCKS - this.firstHeight)];
    const block = key === undefined ? undefined : this.places.get(key);
    const segments = [...this.newestSegments.values(), block?.segment ?? 1];
    return this.journal.mark(Math.min(...segments));
  }

  /** Resolves when everything given to `persist` so far is durable. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.done.push(resolve);
      this.flush();
    });
  }

  get sizeBytes(): number {
    return this.journal.sizeBytes;
  }

  /**
   * Drops segments of the journal, oldest first, as long as it has more than `bytesKept`: those below `segment` that nothing above `height`, and
   * no newest record of any kind, is in. The ids of dropped blocks stay known.
   */
  async prune(height: number, segment: number, bytesKept: number): Promise<void> {
    const end = Math.min(segment, this.mark(height).segment);
    while (this.journal.firstSegment < end && this.journal.sizeBytes > bytesKept) {
      const dropped = this.journal.firstSegment;
      for (const [key, place] of this.places) if (place.segment === dropped) this.places.delete(key);
      await this.journal.dropBelow(dropped + 1);
    }
  }

  /** Places of the journal that were found damaged when it was opened. */
  get damage(): readonly DamagedRange[] {
    return this.journal.damage;
  }

  /** Writes the parts of one record of the core; `done` runs when they are durable, in token order. */
  persist(effect: PersistEffect, done: () => void): void {
    const records: JournalRecord[] = [];
    for (const block of effect.blocks) {
      this.remember(block);
      records.push(blockRecord(block));
    }
    for (const { height, certificate } of effect.certificates) {
      this.noteCertificate(height, certificate);
      records.push({ kind: RECORD.certificate, payload: certificateRecord(height, certificate) });
    }
    // Last, so that an interrupted write never leaves a vote whose block is missing.
    if (effect.voteState !== null) records.push({ kind: RECORD.voteState, payload: effect.voteState });
    this.waiting.records.push(...records);
    this.waiting.keys.push(...effect.blocks.map((block) => block.key));
    this.waiting.done.push(done);
    if (effect.urgent) this.flush();
    else this.lazyTimer ??= this.options.timers.after(LAZY_MS_MAX, () => this.flush());
  }

  /** The blocks extend the final chain; `certificate` names the last of them, or is not known yet. */
  finalize(blocks: readonly Block[], certificate: Certificate | null): void {
    for (const block of blocks) {
      invariant(block.header.height === this.finalHeight + 1, 'final blocks come in height order', {
        height: block.header.height,
      });
      this.remember(block);
      this.finalKeys.push(block.key);
      this.noteHeader(block);
      this.noteEpochEnd(block);
    }
    if (certificate !== null) this.noteCertificate(this.finalHeight, certificate);
  }

  /** The next final block above the base was read and executed again. */
  replayed(block: Block): void {
    this.noteHeader(block);
  }

  /** Lowest height from which on every final block can be read here. */
  get firstHeld(): number {
    let height = this.lowestHeld;
    while (height <= this.finalHeight && !this.holds(height)) height += 1;
    this.lowestHeld = height;
    return height;
  }

  /** Lowest height whose block can be read here or in the archive. */
  get firstReadable(): number {
    return this.options.archive === null ? this.firstHeld : genesisHeader(this.options.genesis).height + 1;
  }

  /** Whether the block of a final height can be read here. */
  holds(height: number): boolean {
    const key = this.finalKeys[height - this.firstHeight];
    return key !== undefined && (this.places.has(key) || this.recent.has(key));
  }

  /** The block that ended an epoch, with the certificate of that epoch; null if it has not ended here. */
  epochEnd(epoch: number): { headerBytes: Uint8Array; certificate: Certificate } | null {
    const end = this.epochEnds.get(epoch);
    const certificate = end === undefined ? undefined : this.certificates.get(end.header.height);
    return end === undefined || certificate === undefined ? null : { headerBytes: end.headerBytes, certificate };
  }

  /** The ends of all epochs before this one, which lead from the genesis to its certificates. */
  epochSteps(epoch: number): EpochStep[] {
    const steps: EpochStep[] = [];
    for (const { header, body } of this.epochEnds.values()) {
      const certificate = this.certificates.get(header.height);
      if (header.epoch < epoch && certificate !== undefined) steps.push({ header, body, certificate });
    }
    return steps;
  }

  /** A final block with its body. */
  async finalBlock(height: number): Promise<Block> {
    invariant(height >= 1 && height <= this.finalHeight, 'a height that is final', { height });
    const key = this.finalKeys[height - this.firstHeight];
    const held = key === undefined ? null : await this.block(key);
    const block = held ?? (await this.options.archive?.find(height))?.block ?? null;
    if (block === null || (key !== undefined && block.key !== key))
      throw new ReplicaError(
        'REPLICA_HISTORY_INCOMPLETE',
        `block ${height} is neither in the journal nor in the archive`,
        { height },
      );
    return block;
  }

  /** A stored block by key; null if it is not held. */
  async block(key: string): Promise<Block | null> {
    const recent = this.recent.get(key);
    if (recent !== undefined) return recent;
    const place = this.places.get(key);
    if (place === undefined) return null;
    try {
      return parseBlock(await this.journal.read(place));
    } catch (error) {
      // Its segment was dropped in the meantime.
      if (!this.places.has(key)) return null;
      throw error;
    }
  }

  /** The lowest height from `fromHeight` on at which a commit certificate is held. */
  certificateFrom(fromHeight: number): { height: number; certificate: Certificate } | null {
    const heights = this.certificateHeights;
    let low = 0;
    let high = heights.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (heights[middle] < fromHeight) low = middle + 1;
      else high = middle;
    }
    const height = heights[low];
    const certificate = height === undefined ? undefined : this.certificates.get(height);
    return height === undefined || certificate === undefined ? null : { height, certificate };
  }

  async close(): Promise<void> {
    this.lazyTimer?.cancel();
    await this.journal.close();
  }

  private flush(): void {
    this.lazyTimer?.cancel();
    this.lazyTimer = null;
    const { records, keys, done } = this.waiting;
    this.waiting = { records: [], keys: [], done: [] };
    this.journal.append(records).then(
      (positions) => {
        positions.forEach(({ segment }, index) => this.newestSegments.set(records[index].kind, segment));
        this.newestSegments.delete(RECORD.genesis);
        const places = positions.filter((_, index) => records[index].kind === RECORD.block);
        keys.forEach((key, index) => this.places.set(key, places[index]));
        this.trimRecent();
        for (const run of done) run();
      },
      // onFault has been told already, and ends the process.
      () => undefined,
    );
  }

  private noteCertificate(height: number, certificate: Certificate): void {
    const heights = this.certificateHeights;
    const last = heights.at(-1) ?? 0;
    if (height <= last) return;
    // The newest is always held; of the older ones, enough for catch-up: headers bridge the distance.
    if (last - (heights.at(-2) ?? 0) < CERTIFICATE_DISTANCE && heights.length > 0 && !this.endsEpoch(last)) {
      heights.pop();
      this.certificates.delete(last);
    }
    heights.push(height);
    this.certificates.set(height, certificate);
  }

  private noteHeader(block: Block): void {
    this.headers.push(headerLink(block));
    if (this.headers.length > HEADERS_KEPT_MAX) this.headers = this.headers.slice(-RECENT_HEADERS_MAX);
  }

  private noteEpochEnd(block: Block): void {
    if (block.header.kind === 'epoch_end') this.epochEnds.set(block.header.epoch, block);
  }

  private endsEpoch(height: number): boolean {
    for (const end of this.epochEnds.values()) if (end.header.height === height) return true;
    return false;
  }

  private remember(block: Block): void {
    if (this.recent.has(block.key)) return;
    this.recent.set(block.key, block);
    this.recentBytes += block.body.length;
  }

  private trimRecent(): void {
    for (const [key, block] of this.recent) {
      if (this.recent.size <= RECENT_BLOCKS_MAX && this.recentBytes <= RECENT_BYTES_MAX) return;
      if (!this.places.has(key)) continue;
      this.recent.delete(key);
      this.recentBytes -= block.body.length;
    }
  }

  private async adopt(scan: JournalScan): Promise<StoredState> {
    for (const [key, { position }] of scan.blocks) this.places.set(key, position);
    for (const [kind, segment] of scan.newestSegments) this.newestSegments.set(kind, segment);
    const tip = scan.newestCertificate;
    if (tip !== null && tip.height > this.finalHeight) await this.adoptFinalChain(scan, tip);
    const epochEnd = await this.adoptEpochEnds(scan);
    for (const { height, certificate } of scan.certificates) {
      // A certificate may have become durable before a block below it: then it is of no use yet.
      if (height <= this.finalHeight) this.noteCertificate(height, certificate);
    }
    const unfinalised: Block[] = [];
    for (const [key, { height }] of scan.blocks) {
      if (height <= this.finalHeight) continue;
      const block = await this.block(key);
      if (block !== null) unfinalised.push(block);
    }
    return {
      voteState: scan.voteState,
      finalHeight: this.finalHeight,
      finalCertificate: this.certificates.get(this.finalHeight) ?? null,
      epochEnd,
      unfinalised,
    };
  }

  private async adoptEpochEnds(scan: JournalScan): Promise<Block | null> {
    let newest: Block | null = [...this.epochEnds.values()].at(-1) ?? null;
    for (const [index, key] of this.finalKeys.entries()) {
      if (scan.blocks.get(key)?.endsEpoch !== true) continue;
      newest = await this.finalBlock(this.firstHeight + index);
      this.noteEpochEnd(newest);
    }
    return newest;
  }

  private async adoptFinalChain(scan: JournalScan, tip: { height: number; certificate: Certificate }): Promise<void> {
    const keys: string[] = [];
    const { base, genesis } = this.options;
    const baseKey = base?.key ?? hex(genesisId(genesis));
    for (let key = hex(tip.certificate.blockId); key !== baseKey;) {
      const height = tip.height - keys.length;
      const block = scan.blocks.get(key) ?? (await this.mend(scan, key, height));
      if (block.height !== height || height <= (base?.height ?? 0)) throw incomplete(height);
      keys.push(key);
      key = block.parentKey;
    }
    for (const key of keys.reverse()) this.finalKeys.push(key);
  }

  /** Fetches a block whose record is damaged and writes it again. */
  private async mend(scan: JournalScan, key: string, height: number): Promise<ScannedBlock> {
    if (this.journal.damage.length === 0) throw incomplete(height);
    const lost = { height, id: unhex(key), fromHeight: scan.lostFrom(height) };
    // An archive that is away is no reason not to ask the peers.
    const archived = await this.options.archive?.find(height).catch(() => null);
    const block =
      archived?.block.key === key ? archived.block : await this.options.source.fetch(lost, (held) => this.block(held));
    const [position] = await this.journal.append([blockRecord(block)]);
    this.places.set(key, position);
    const { header } = block;
    const endsEpoch = header.kind === 'epoch_end';
    const mended = { position, height: header.height, parentKey: hex(header.parentId), endsEpoch };
    scan.blocks.set(key, mended);
    return mended;
  }
}

function incomplete(height: number): ReplicaError {
  return new ReplicaError('REPLICA_HISTORY_INCOMPLETE', `block ${height} is certified but not in the journal`, {
    height,
  });
}

function blockRecord(block: Block): JournalRecord {
  return { kind: RECORD.block, payload: concatBytes(block.headerBytes, block.body) };
}

/** The block without its body. */
export function headerLink(block: Block): HeaderLink {
  const { id, key, header, headerBytes } = block;
  return { id, key, header, headerBytes };
}

function parseBlock(payload: Uint8Array): Block {
  return makeBlock(payload.slice(0, HEADER_BYTES), payload.subarray(HEADER_BYTES));
}

function certificateRecord(height: number, certificate: Certificate): Uint8Array {
  return new Writer(512).uint(height).blob(encodeCertificate(certificate)).finish();
}
