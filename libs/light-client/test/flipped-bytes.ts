/** The bytes with one bit of one byte flipped, for each byte; each of its bits with `allBits`. */
export function* flippedBytes(bytes: Uint8Array, allBits = false): Generator<Uint8Array> {
  for (let index = 0; index < bytes.length; index += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      if (!allBits && bit !== index % 8) continue;
      const changed = bytes.slice();
      changed[index] ^= 1 << bit;
      yield changed;
    }
  }
}
