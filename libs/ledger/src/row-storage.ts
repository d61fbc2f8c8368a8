/** What small ledgers get by with; a step further a table has all the rows that it can ever have. */
const ROW_STEPS = [256, 16_384];

/**
 * Words for more rows than `words` has, with its content in front: after two small steps for `rowsMax` of them at once.
 * The operating system gives memory to what was written, so that a large table costs no more than its rows, and none is
 * ever copied while transfers wait.
 */
export function withMoreRows(words: Uint32Array, rowWords: number, rowsMax: number): Uint32Array<ArrayBuffer> {
  const rows = words.length / rowWords;
  const wanted = Math.min(rowsMax, ROW_STEPS.find((step) => step > rows) ?? rowsMax);
  const grown = allocate(rows, wanted, rowWords);
  grown.set(words);
  return grown;
}

function allocate(rows: number, wanted: number, rowWords: number): Uint32Array<ArrayBuffer> {
  return asMuchAsPossible(wanted, rows * 2, (capacity) => new Uint32Array(capacity * rowWords));
}

/** What `make` gives for `wanted`, or for half as much and so on where the machine does not promise memory in advance. */
export function asMuchAsPossible<T>(wanted: number, least: number, make: (capacity: number) => T): T {
  for (let capacity = wanted; ; capacity = Math.ceil(capacity / 2)) {
    try {
      return make(capacity);
    } catch (error) {
      if (!(error instanceof RangeError) || capacity <= least) throw error;
    }
  }
}
