// What the two halves of the engine have to agree on: where things are in the memory of a ledger, and how rows are laid out, all in
// bytes. Read by TypeScript here and by AssemblyScript in ../engine, so there is nothing in it but plain numbers.
//
// The memory begins with the header; where every other region begins is in a word of it (`AT_…`).

/** Five numbers of 64 bits: factors for the words of an id, and a summand. */
export const HASH_KEY = 64;
/** Ids for a look into an index. */
export const PROBE = 112;
export const BLOCK_TIME = 128;
export const BLOCK_HEIGHT = 136;
/** Transfers of a run, at its end, that belong to a chain that is still open. */
export const CHAIN_MEMBERS = 140;
/** How many assets are in the list of those that the block touched. */
export const ASSETS_TOUCHED = 144;
export const RING_MASK = 148;
/** Sum of what was read ahead, kept so that the reads are not left out. */
export const READ_AHEAD = 152;
/** 1 if the block noted pending sums. */
export const SUMS_NOTED = 156;
/** 1 once something was ever reserved on an account. */
export const EVER_RESERVED = 168;
/** Pending transfers: the highest row ever used, how many rows are in use, and at most. */
export const PENDINGS_HIGHEST = 172;
export const PENDINGS_USED = 176;
export const PENDINGS_MAX = 180;
/** How many are in the lists of a run: its pending transfers, and rows of pending ones with a timeout that began or ended to wait. */
export const RUN_PENDINGS = 184;
export const RUN_TIMED = 188;
/** Ledger time of the block whose leaves are made. */
export const LEAF_TIME = 160;

export const AT_ENVELOPE = 192;
export const AT_BALANCES = 196;
export const AT_HEADS = 200;
export const AT_SALTS = 204;
export const AT_SUMS = 208;
export const AT_RING = 212;
export const AT_PENDINGS = 216;
export const AT_TOTALS = 220;
export const AT_FACTS = 224;
export const AT_TOUCHED = 228;
export const AT_CAPTURES = 232;
export const AT_CAPTURED_SUMS = 236;
export const AT_NEW_IDS = 240;
export const AT_BATCH = 244;
export const AT_REGROWN = 248;
export const AT_LEAF_ROWS = 252;
export const AT_LEAF_SUMS = 256;
export const AT_LEAF_OFFSETS = 260;
export const AT_LEAF_CODES = 264;
/** A byte for each result: whether its operation does not fit four chunks, or fits fewer. */
export const AT_UNUSUAL = 268;
export const AT_OPERATIONS = 272;
export const AT_OPERATION_PAIRS = 276;
export const AT_OPERATION_ROOTS = 280;
export const AT_OUTCOMES = 284;
export const AT_SIDES = 288;
export const AT_PENDING_PAIRS = 292;
export const AT_HALVES = 296;
export const AT_JOINED = 300;
export const AT_QUADS = 304;
export const AT_LEAF_PAIRS = 308;
export const AT_ORIGIN = 312;
export const AT_ACCOUNT_TABLES = 316;
export const AT_TRANSFER_TABLES = 320;
export const AT_PENDING_TABLES = 324;
export const AT_ACCOUNT_BUCKETS = 328;
export const AT_TRANSFER_BUCKETS = 332;
export const AT_PENDING_BUCKETS = 336;
export const AT_RUN_PENDINGS = 340;
export const AT_RUN_TIMED = 344;

/** The three indexes of ids: descriptions in the header. */
export const ACCOUNT_INDEX = 512;
export const TRANSFER_INDEX = 544;
export const PENDING_INDEX = 576;
export const INDEX_TABLES = 0;
export const INDEX_BUCKETS = 4;
export const INDEX_TABLE_BITS = 8;
export const INDEX_STRETCH = 12;
export const INDEX_USED = 16;
/** Of each table of an index: its buckets, its ids, and with how many ids it grows. */
export const TABLE_BYTES = 16;
export const TABLE_BUCKETS = 0;
export const TABLE_COUNT = 4;
export const TABLE_GROW_AT = 8;
export const TABLE_NUMBER = 12;
/** A bucket is a line of the processor's memory: ten marks of 16 bits, ten references of 32. */
export const BUCKET_BYTES = 64;
export const BUCKET_SLOTS = 10;
export const BUCKET_REFERENCES = 20;

export const HEADER_BYTES = 1_024;

export const BALANCE_BYTES = 64;
export const HEAD_BYTES = 8;
export const SALT_BYTES = 16;
export const SUMS_BYTES = 32;
export const TRANSFER_ROW_BYTES = 92;
export const PENDING_ROW_BYTES = 96;
export const TOTALS_BYTES = 112;
/** Of an asset: its id, whether transfers have more rules to pass, and whether the block touched it. */
export const FACTS_BYTES = 16;
export const CAPTURE_BYTES = 104;
export const CAPTURED_SUMS_BYTES = 64;
/** What is known of a transfer of the batch at hand. */
export const PLACE_BYTES = 112;
/** Transfers that are looked at together. */
export const BATCH_MAX = 64;

/** Encoded transfers and their fields (protocol, `writeTransfer`). */
export const TRANSFER_TAG = 4;
export const TRANSFER_BYTES = 121;

/** Chunks of a tree of hashes. */
export const CHUNK = 32;
/** The usual operations take four of them: accounts and transfers. */
export const USUAL_BYTES_MIN = 65;
export const USUAL_BYTES_MAX = 128;
