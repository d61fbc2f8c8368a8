// From a 128-bit id to the number of its row: open addressing in many tables, which grow one at a time, so that no operation waits
// for all of them. Each table lies in a stretch as long as it will ever need: memory that was not written to costs nothing.
//
// A bucket has ten slots, a mark and a reference each. The mark, 16 bits of the id's hash that are never 0, and 5 more bits beside
// the reference make it rare that an id is compared in vain, and let a table grow without reading ids. A bucket's slots are used from
// the first on; what finds its bucket full goes to the next one, and the last is followed by the first.
import {
  AT_REGROWN,
  BUCKET_BYTES,
  BUCKET_REFERENCES,
  BUCKET_SLOTS,
  INDEX_BUCKETS,
  INDEX_STRETCH,
  INDEX_TABLES,
  INDEX_TABLE_BITS,
  INDEX_USED,
  TABLE_BUCKETS,
  TABLE_BYTES,
  TABLE_COUNT,
  TABLE_GROW_AT,
  TABLE_NUMBER,
} from '../src/engine-layout';

/** A reference plus one has 27 bits, the tag above it 5, and a hash keeps 21 bits below those that choose the table. */
const REFERENCE_BITS: u32 = 27;
const REFERENCE_MASK: u32 = (1 << 27) - 1;
const TAG_BITS: u32 = 5;
const TAG_MASK: u32 = 31;
const KEPT_BITS: u32 = 21;
const SLOTS: u32 = BUCKET_SLOTS;
const LAST_MARK: u32 = (SLOTS - 1) * 2;
/** Of 1,000 slots at most so many are used; above that the table grows by a fifth. */
const LOAD_MAX: u32 = 900;
/** From this size on tables grow at different times. */
const STAGGERED_BUCKETS: u32 = 16;

/** Where the search at hand is. */
let bucketAt: u32 = 0;
let slotsLeft: u32 = 0;
let slotAt: u32 = 0;

function tableOf(index: u32, hash: u32): u32 {
  return load<u32>(index + INDEX_TABLES) + (hash >>> (32 - load<u32>(index + INDEX_TABLE_BITS))) * TABLE_BYTES;
}

/** The bits of a hash that a slot keeps; a mark of 0 would say that the slot is empty. */
function keptOf(index: u32, hash: u32): u32 {
  const kept = (hash << load<u32>(index + INDEX_TABLE_BITS)) >>> (32 - KEPT_BITS);
  return kept <= TAG_MASK ? kept | (1 << TAG_BITS) : kept;
}

function firstBucketOf(index: u32, table: u32): u32 {
  const stretch = load<u32>(index + INDEX_STRETCH);
  return load<u32>(index + INDEX_BUCKETS) + load<u32>(table + TABLE_NUMBER) * stretch * BUCKET_BYTES;
}

/** How far from its table's first bucket the one is where an id belongs. */
function homeIn(table: u32, kept: u32): u32 {
  return u32((u64(kept) * load<u32>(table + TABLE_BUCKETS)) >> KEPT_BITS) * BUCKET_BYTES;
}

/** The bucket where an id of that hash is looked for first. */
export function homeOf(index: u32, hash: u32): u32 {
  const table = tableOf(index, hash);
  return firstBucketOf(index, table) + homeIn(table, keptOf(index, hash));
}

/** One bit for each slot of a bucket that has the mark. */
function slotsWith(bucket: u32, mark: u32): u32 {
  const wanted = i16x8.splat(i16(mark));
  const low = i16x8.bitmask(i16x8.eq(v128.load(bucket), wanted));
  // The last eight of ten: the first six of them were compared before.
  const high = i16x8.bitmask(i16x8.eq(v128.load(bucket + 4), wanted));
  return u32(low) | ((u32(high) >>> 6) << 8);
}

function isFull(bucket: u32): bool {
  return load<u16>(bucket + LAST_MARK) !== 0;
}

function bucketAfter(index: u32, table: u32, bucket: u32): u32 {
  const first = firstBucketOf(index, table);
  const next = bucket + BUCKET_BYTES;
  return next === first + load<u32>(table + TABLE_BUCKETS) * BUCKET_BYTES ? first : next;
}

/** The first row that is likely that of an id of this hash, or -1. */
export function firstMatch(index: u32, hash: u32): i32 {
  bucketAt = homeOf(index, hash);
  slotsLeft = slotsWith(bucketAt, keptOf(index, hash) >>> TAG_BITS);
  return nextMatch(index, hash);
}

/** The next such row, or -1. */
export function nextMatch(index: u32, hash: u32): i32 {
  const kept = keptOf(index, hash);
  let found = nextInBucket(kept & TAG_MASK);
  while (found < 0 && isFull(bucketAt)) {
    bucketAt = bucketAfter(index, tableOf(index, hash), bucketAt);
    slotsLeft = slotsWith(bucketAt, kept >>> TAG_BITS);
    found = nextInBucket(kept & TAG_MASK);
  }
  return found;
}

/** The next of the slots left whose reference has the tag: its row, or -1. */
function nextInBucket(tag: u32): i32 {
  while (slotsLeft !== 0) {
    slotAt = ctz(slotsLeft);
    slotsLeft &= slotsLeft - 1;
    const reference = load<u32>(bucketAt + BUCKET_REFERENCES + slotAt * 4);
    if (reference >>> REFERENCE_BITS === tag) return i32(reference & REFERENCE_MASK) - 1;
  }
  return -1;
}

/** The row of the id at `id` among rows of `stride` bytes that begin with their ids, or -1. */
export function findRow(index: u32, hash: u32, id: u32, rows: u32, stride: u32): i32 {
  const wanted = v128.load(id);
  for (let row = firstMatch(index, hash); row >= 0; row = nextMatch(index, hash)) {
    if (i32x4.all_true(i32x4.eq(v128.load(rows + u32(row) * stride), wanted))) return row;
  }
  return -1;
}

/** Adds an id of this hash that is not in the index. */
export function insert(index: u32, hash: u32, row: u32): void {
  const table = tableOf(index, hash);
  const kept = keptOf(index, hash);
  put(index, table, kept, (kept << REFERENCE_BITS) | (row + 1));
  store<u32>(index + INDEX_USED, load<u32>(index + INDEX_USED) + 1);
  const count = load<u32>(table + TABLE_COUNT) + 1;
  store<u32>(table + TABLE_COUNT, count);
  if (count > load<u32>(table + TABLE_GROW_AT)) grow(index, table);
}

function put(index: u32, table: u32, kept: u32, reference: u32): void {
  let bucket = firstBucketOf(index, table) + homeIn(table, kept);
  while (isFull(bucket)) bucket = bucketAfter(index, table, bucket);
  const slot = ctz(slotsWith(bucket, 0));
  store<u16>(bucket + slot * 2, u16(kept >>> TAG_BITS));
  store<u32>(bucket + BUCKET_REFERENCES + slot * 4, reference);
}

/** Removes the id of this hash whose row it is; false if there is none. What went past its full bucket moves back. */
export function remove(index: u32, hash: u32, row: u32): bool {
  let found = firstMatch(index, hash);
  while (found >= 0 && u32(found) !== row) found = nextMatch(index, hash);
  if (found < 0) return false;
  const table = tableOf(index, hash);
  let bucket = bucketAt;
  let slot = slotAt;
  while (clearSlot(bucket, slot) && findStray(index, table, bucket)) {
    const last = bucket + (SLOTS - 1) * 4 + BUCKET_REFERENCES;
    store<u16>(bucket + LAST_MARK, load<u16>(bucketAt + slotAt * 2));
    store<u32>(last, load<u32>(bucketAt + BUCKET_REFERENCES + slotAt * 4));
    bucket = bucketAt;
    slot = slotAt;
  }
  store<u32>(index + INDEX_USED, load<u32>(index + INDEX_USED) - 1);
  store<u32>(table + TABLE_COUNT, load<u32>(table + TABLE_COUNT) - 1);
  return true;
}

/** Empties a slot, which the last used one of its bucket takes; whether the bucket was full. */
function clearSlot(bucket: u32, slot: u32): bool {
  const full = isFull(bucket);
  const last = full ? SLOTS - 1 : ctz(slotsWith(bucket, 0)) - 1;
  store<u16>(bucket + slot * 2, load<u16>(bucket + last * 2));
  store<u32>(bucket + BUCKET_REFERENCES + slot * 4, load<u32>(bucket + BUCKET_REFERENCES + last * 4));
  store<u16>(bucket + last * 2, 0);
  store<u32>(bucket + BUCKET_REFERENCES + last * 4, 0);
  return full;
}

/** Finds an id that went past this bucket: `bucketAt` and `slotAt` say where it is. */
function findStray(index: u32, table: u32, bucket: u32): bool {
  const first = firstBucketOf(index, table);
  const length = load<u32>(table + TABLE_BUCKETS) * BUCKET_BYTES;
  let next = bucket;
  do {
    next = bucketAfter(index, table, next);
    if (next === bucket) return false;
    const gone = (next - bucket + length) % length;
    for (let slot: u32 = 0; slot < SLOTS; slot += 1) {
      const mark = load<u16>(next + slot * 2);
      if (mark === 0) break;
      const home = first + homeIn(table, keptIn(next, slot));
      if ((next - home + length) % length < gone) continue;
      bucketAt = next;
      slotAt = slot;
      return true;
    }
  } while (isFull(next));
  return false;
}

function keptIn(bucket: u32, slot: u32): u32 {
  const reference = load<u32>(bucket + BUCKET_REFERENCES + slot * 4);
  return (u32(load<u16>(bucket + slot * 2)) << TAG_BITS) | (reference >>> REFERENCE_BITS);
}

/** Tables fill up at the same time, because ids spread evenly: each takes another step once, so that they grow in turn. */
function bucketsAfter(buckets: u32, number: u32, tables: u32, most: u32): u32 {
  if (buckets < STAGGERED_BUCKETS) return min(most, buckets * 2);
  const share = buckets === STAGGERED_BUCKETS ? (200 * (number + 1)) / tables : 200;
  return min(most, (buckets * (1_000 + share)) / 1_000 + 1);
}

/** Sets the size of a table. */
function resize(table: u32, buckets: u32): void {
  store<u32>(table + TABLE_BUCKETS, buckets);
  store<u32>(table + TABLE_GROW_AT, u32((u64(buckets) * SLOTS * LOAD_MAX) / 1_000));
}

/** Gives a table more buckets, and what it holds its places in them. */
function grow(index: u32, table: u32): void {
  const before = load<u32>(table + TABLE_BUCKETS);
  const tables: u32 = 1 << load<u32>(index + INDEX_TABLE_BITS);
  const buckets = bucketsAfter(before, load<u32>(table + TABLE_NUMBER), tables, load<u32>(index + INDEX_STRETCH));
  // A stretch has room for more ids than chance sends to a table; if they came, the table would only fill up further.
  if (buckets === before) {
    store<u32>(table + TABLE_GROW_AT, before * SLOTS - 1);
    if (load<u32>(table + TABLE_COUNT) >= before * SLOTS) unreachable();
    return;
  }
  const first = firstBucketOf(index, table);
  const held = load<u32>(AT_REGROWN);
  let count: u32 = 0;
  for (let bucket = first; bucket < first + before * BUCKET_BYTES; bucket += BUCKET_BYTES) {
    const used = isFull(bucket) ? SLOTS : ctz(slotsWith(bucket, 0));
    for (let slot: u32 = 0; slot < used; slot += 1) {
      store<u32>(held + count * 8, keptIn(bucket, slot));
      store<u32>(held + count * 8 + 4, load<u32>(bucket + BUCKET_REFERENCES + slot * 4));
      count += 1;
    }
  }
  memory.fill(first, 0, before * BUCKET_BYTES);
  resize(table, buckets);
  for (let at = held; at < held + count * 8; at += 8) put(index, table, load<u32>(at), load<u32>(at + 4));
}

/** Begins an index that holds nothing, whose description says where it is; its buckets must be empty. */
export function openIndex(index: u32): void {
  const tables: u32 = 1 << load<u32>(index + INDEX_TABLE_BITS);
  store<u32>(index + INDEX_USED, 0);
  for (let number: u32 = 0; number < tables; number += 1) {
    const table = load<u32>(index + INDEX_TABLES) + number * TABLE_BYTES;
    store<u32>(table + TABLE_NUMBER, number);
    store<u32>(table + TABLE_COUNT, 0);
    resize(table, 1);
  }
}

/** Makes room in a table that holds nothing for so many ids. */
export function sizeTable(index: u32, number: u32, ids: u32): void {
  const table = load<u32>(index + INDEX_TABLES) + number * TABLE_BYTES;
  const tables: u32 = 1 << load<u32>(index + INDEX_TABLE_BITS);
  const most = load<u32>(index + INDEX_STRETCH);
  let buckets: u32 = 1;
  while (buckets < most && u32((u64(buckets) * SLOTS * LOAD_MAX) / 1_000) < ids)
    buckets = bucketsAfter(buckets, number, tables, most);
  resize(table, buckets);
}
