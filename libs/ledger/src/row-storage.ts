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

/** Half as much where the machine does not promise memory in advance. */
function allocate(rows: number, wanted: number, rowWords: number): Uint32Array<ArrayBuffer> {
  for (let capacity = wanted; ; capacity = Math.ceil(capacity / 2)) {
    try {
      return new Uint32Array(capacity * rowWords);
    } catch (error) {
      if (!(error instanceof RangeError) || capacity <= rows * 2) throw error;
    }
  }
}
