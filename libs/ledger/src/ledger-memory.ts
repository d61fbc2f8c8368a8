// The memory of one ledger that both halves of its engine work in: a header, tables, and room for what is at hand. Every table has as
// much of it as it can ever need, which costs nothing until it is written to; small ledgers get by with less, and move at most twice.
import { LIMITS } from '@quorate/protocol';
import { invariant } from '@quorate/errors';
import { engineIn, type Engine } from './engine';
import * as layout from './engine-layout';
import { HASH_KEY_WORDS } from './id-hash';
import type { LedgerLimits } from './limits';

/** How much of everything there has to be room for. */
export interface MemoryNeeds {
  /** Of accounts, transfers, pending transfers and assets whichever has most, with those that may come. */
  readonly rows: number;
  readonly operations: number;
  readonly envelopeBytes: number;
}

interface Capacity {
  readonly accounts: number;
  readonly ids: number;
  readonly ring: number;
  readonly pendings: number;
  readonly assets: number;
  readonly operations: number;
  readonly results: number;
  readonly envelopeBytes: number;
  /** Results that are hashed together. */
  readonly group: number;
}

interface Region {
  /** Where in the header its address is. */
  readonly at: number;
  readonly bytes: (capacity: Capacity) => number;
  /** Whether its content outlives a block. */
  readonly kept: boolean;
}

interface Index {
  readonly at: number;
  readonly tableBits: number;
  readonly ids: keyof Capacity;
  readonly tables: number;
  readonly buckets: number;
}

const PAGE_BYTES = 65_536;
const PAGES_MAX = 65_536;
/** Regions begin where a line of the processor's memory does. */
const ALIGNMENT = 64;
/** The first steps of a ledger's memory. */
const STEPS: readonly MemoryNeeds[] = [
  { rows: 1_024, operations: 256, envelopeBytes: 65_536 },
  { rows: 32_768, operations: LIMITS.blockOperationsMax, envelopeBytes: LIMITS.blockBodyBytesMax },
];
const GROUP_MAX = 512;
const GROUP_SMALL = 64;
/** Behind an envelope whole lines are read. */
const ENVELOPE_MARGIN = 256;
/** Ids in a full table are at most so many for each slot, and how far the share of a table strays from the mean. */
const LOAD_MAX = 0.9;
const STRAY_MAX = 10;
const STRAY_MIN = 24;
/** With fewer ids an index has few tables. */
const SMALL_IDS = 65_536;
const SMALL_TABLE_BITS = 2;
const INDEX_NAMES = [layout.ACCOUNT_INDEX, layout.TRANSFER_INDEX, layout.PENDING_INDEX] as const;
const CHUNK = layout.CHUNK;

const rowsOf = (at: number, rowBytes: number, count: keyof Capacity, kept = true): Region => ({
  at,
  bytes: (capacity) => capacity[count] * rowBytes,
  kept,
});
const atHand = (at: number, rowBytes: number, count: keyof Capacity): Region => rowsOf(at, rowBytes, count, false);

const REGIONS: readonly Region[] = [
  rowsOf(layout.AT_TOTALS, layout.TOTALS_BYTES, 'assets'),
  rowsOf(layout.AT_FACTS, layout.FACTS_BYTES, 'assets'),
  atHand(layout.AT_TOUCHED, 4, 'assets'),
  atHand(layout.AT_ENVELOPE, 1, 'envelopeBytes'),
  atHand(layout.AT_CAPTURES, layout.CAPTURE_BYTES, 'results'),
  atHand(layout.AT_CAPTURED_SUMS, layout.CAPTURED_SUMS_BYTES, 'results'),
  atHand(layout.AT_NEW_IDS, 16, 'operations'),
  atHand(layout.AT_RUN_PENDINGS, 4, 'operations'),
  atHand(layout.AT_RUN_TIMED, 4, 'operations'),
  { at: layout.AT_BATCH, bytes: () => layout.BATCH_MAX * layout.PLACE_BYTES, kept: false },
  atHand(layout.AT_LEAF_ROWS, layout.CAPTURE_BYTES, 'group'),
  atHand(layout.AT_LEAF_SUMS, layout.CAPTURED_SUMS_BYTES, 'group'),
  atHand(layout.AT_LEAF_OFFSETS, 8, 'group'),
  atHand(layout.AT_LEAF_CODES, 2, 'group'),
  atHand(layout.AT_UNUSUAL, 1, 'group'),
  atHand(layout.AT_OPERATIONS, 4 * CHUNK, 'group'),
  atHand(layout.AT_OPERATION_PAIRS, 2 * CHUNK, 'group'),
  atHand(layout.AT_OPERATION_ROOTS, CHUNK, 'group'),
  atHand(layout.AT_OUTCOMES, 2 * CHUNK, 'group'),
  atHand(layout.AT_SIDES, 4 * CHUNK, 'group'),
  atHand(layout.AT_PENDING_PAIRS, 4 * CHUNK, 'group'),
  atHand(layout.AT_HALVES, 2 * CHUNK, 'group'),
  atHand(layout.AT_JOINED, CHUNK, 'group'),
  atHand(layout.AT_QUADS, 4 * CHUNK, 'group'),
  atHand(layout.AT_LEAF_PAIRS, 2 * CHUNK, 'group'),
  { at: layout.AT_ORIGIN, bytes: () => CHUNK, kept: false },
  rowsOf(layout.AT_RING, layout.TRANSFER_ROW_BYTES, 'ring'),
  rowsOf(layout.AT_PENDINGS, layout.PENDING_ROW_BYTES, 'pendings'),
  rowsOf(layout.AT_BALANCES, layout.BALANCE_BYTES, 'accounts'),
  rowsOf(layout.AT_HEADS, layout.HEAD_BYTES, 'accounts'),
  rowsOf(layout.AT_SALTS, layout.SALT_BYTES, 'accounts'),
  rowsOf(layout.AT_SUMS, layout.SUMS_BYTES, 'accounts'),
];

function indexesOf(capacity: Capacity): readonly Index[] {
  const tableBits = (ids: keyof Capacity, most: number): number =>
    capacity[ids] > SMALL_IDS ? most : SMALL_TABLE_BITS;
  const index = (at: number, tables: number, buckets: number, ids: keyof Capacity, most: number): Index => ({
    at,
    tables,
    buckets,
    ids,
    tableBits: tableBits(ids, most),
  });
  return [
    index(layout.ACCOUNT_INDEX, layout.AT_ACCOUNT_TABLES, layout.AT_ACCOUNT_BUCKETS, 'accounts', 8),
    index(layout.TRANSFER_INDEX, layout.AT_TRANSFER_TABLES, layout.AT_TRANSFER_BUCKETS, 'ids', 9),
    index(layout.PENDING_INDEX, layout.AT_PENDING_TABLES, layout.AT_PENDING_BUCKETS, 'pendings', 6),
  ];
}

/** Buckets that each table of an index has room for. */
function stretchOf(ids: number, tableBits: number): number {
  const share = ids / 2 ** tableBits;
  const most = Math.min(ids, share + STRAY_MAX * Math.sqrt(share) + STRAY_MIN);
  return Math.ceil((most + 1) / (layout.BUCKET_SLOTS * LOAD_MAX)) + 1;
}

/** The memory of one ledger, and the engine in it. */
export class LedgerMemory {
  readonly engine: Engine;
  /** The header as words; `header[AT_… / 4]` is where a region begins. */
  header: Uint32Array;
  private readonly memory: WebAssembly.Memory;
  private readonly movers: (() => void)[] = [];
  private capacity: Capacity;
  private room: MemoryNeeds = STEPS[0];
  private end = layout.HEADER_BYTES;

  constructor(
    private readonly limits: LedgerLimits,
    hashKey: Uint32Array,
  ) {
    invariant(hashKey.length === HASH_KEY_WORDS, 'a hash key has its words', { words: hashKey.length });
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX });
    this.header = new Uint32Array(this.memory.buffer, 0, layout.HEADER_BYTES / 4);
    this.header.set(hashKey, layout.HASH_KEY / 4);
    this.engine = engineIn(this.memory);
    this.capacity = this.capacityFor(this.room);
    this.layOut();
  }

  /** All words of a region. */
  words(at: number): Uint32Array<ArrayBuffer> {
    const { bytes } = this.region(at);
    return new Uint32Array(this.memory.buffer, this.header[at / 4], Math.floor(bytes(this.capacity) / 4));
  }

  bytes(at: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, this.header[at / 4], this.region(at).bytes(this.capacity));
  }

  /** How many results are hashed together. */
  get group(): number {
    return this.capacity.group;
  }

  /** How many rows the ring of recent transfers has. */
  get ring(): number {
    return this.capacity.ring;
  }

  /** Does now, and whenever the memory moves, what follows from where regions are; indexes are empty then. */
  onMoved(mover: () => void): void {
    this.movers.push(mover);
    mover();
  }

  /** Makes room before it is needed: whatever has an address of a region, or words of it, has them no more if the memory moves. */
  reserve(needs: MemoryNeeds): void {
    if (fits(needs, this.room)) return;
    const step = STEPS.find((room) => fits(needs, room));
    if (step !== undefined) this.move(step);
    else this.moveToMost(needs);
    for (const mover of this.movers) mover();
  }

  /** As much as the limits allow, or half of that and so on where the machine does not promise memory in advance. */
  private moveToMost(needs: MemoryNeeds): void {
    const full = STEPS[STEPS.length - 1];
    for (let rows = 2 ** 32; ; rows /= 2) {
      try {
        this.move({ ...full, rows });
        return;
      } catch (error) {
        if (!(error instanceof RangeError) || rows / 2 < needs.rows) throw error;
      }
    }
  }

  private move(room: MemoryNeeds): void {
    const capacity = this.capacityFor(room);
    const pages = Math.ceil(endOf(capacity) / PAGE_BYTES) - this.memory.buffer.byteLength / PAGE_BYTES;
    const before = REGIONS.filter(({ kept }) => kept).map(({ at }) => ({ at, bytes: this.bytes(at).slice() }));
    if (pages > 0) this.memory.grow(pages);
    this.room = room;
    this.capacity = capacity;
    new Uint8Array(this.memory.buffer, 0, this.end).fill(0, layout.HEADER_BYTES);
    this.layOut();
    for (const { at, bytes } of before) this.bytes(at).set(bytes);
  }

  /** Gives every region its place; all but the header is zero. */
  private layOut(): void {
    const missing = Math.ceil(endOf(this.capacity) / PAGE_BYTES) - this.memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.memory.grow(missing);
    this.header = new Uint32Array(this.memory.buffer, 0, layout.HEADER_BYTES / 4);
    const { header } = this;
    this.end = forEachRegion(this.capacity, (at, begin) => {
      header[at / 4] = begin;
    });
    for (const { at, tables, buckets, tableBits, ids } of indexesOf(this.capacity)) {
      header[(at + layout.INDEX_TABLES) / 4] = header[tables / 4];
      header[(at + layout.INDEX_BUCKETS) / 4] = header[buckets / 4];
      header[(at + layout.INDEX_TABLE_BITS) / 4] = tableBits;
      header[(at + layout.INDEX_STRETCH) / 4] = stretchOf(this.capacity[ids], tableBits);
    }
    for (const index of INDEX_NAMES) this.engine.openIndex(index);
  }

  private region(at: number): Region {
    const region = REGIONS.find((candidate) => candidate.at === at);
    invariant(region !== undefined, 'a region is asked for by its place in the header', { at });
    return region;
  }

  private capacityFor({ rows, operations, envelopeBytes }: MemoryNeeds): Capacity {
    const { accountsMax, transfersMax, pendingTransfersMax, assetsMax, expiriesPerBlockMax } = this.limits;
    return {
      // One more than there may be is staged to be refused, or is the head of a list.
      accounts: Math.min(accountsMax + 1, rows),
      ids: Math.min(transfersMax, rows),
      ring: Math.min(ringRowsMax(this.limits), rows),
      pendings: Math.min(pendingTransfersMax + 1, rows),
      assets: Math.min(assetsMax, rows),
      operations,
      results: operations + Math.min(expiriesPerBlockMax, rows),
      envelopeBytes: envelopeBytes + ENVELOPE_MARGIN,
      group: operations < GROUP_MAX ? GROUP_SMALL : GROUP_MAX,
    };
  }
}

/** Rows of the ring of recent transfers once it goes round: a power of two. */
export function ringRowsMax({ recentTransfersMax }: LedgerLimits): number {
  let rows = 1;
  while (rows < recentTransfersMax + LIMITS.blockOperationsMax + 1) rows *= 2;
  return rows;
}

function fits(needs: MemoryNeeds, room: MemoryNeeds): boolean {
  return needs.rows <= room.rows && needs.operations <= room.operations && needs.envelopeBytes <= room.envelopeBytes;
}

/** Goes through the places of all regions; returns where the last one ends. */
function forEachRegion(capacity: Capacity, place: (at: number, begin: number) => void): number {
  let end = layout.HEADER_BYTES;
  const next = (at: number, bytes: number): void => {
    place(at, end);
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  };
  for (const { at, bytes } of REGIONS) next(at, bytes(capacity));
  let largest = 0;
  for (const { tables, buckets, tableBits, ids } of indexesOf(capacity)) {
    const stretch = stretchOf(capacity[ids], tableBits);
    next(tables, 2 ** tableBits * layout.TABLE_BYTES);
    next(buckets, 2 ** tableBits * stretch * layout.BUCKET_BYTES);
    largest = Math.max(largest, stretch * layout.BUCKET_SLOTS * 8);
  }
  next(layout.AT_REGROWN, largest);
  return end;
}

function endOf(capacity: Capacity): number {
  return forEachRegion(capacity, () => undefined);
}
