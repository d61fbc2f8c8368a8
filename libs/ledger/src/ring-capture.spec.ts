import { RingCapture } from './ring-capture';

const rowWords = 2;
const capacity = 8_192;

/** A ring after `end` rows of which the ones from `oldest` on are held, and its capture into memory that held something else. */
function captured(oldest: number, end: number): { ring: Uint32Array; capture: RingCapture } {
  const ring = new Uint32Array(capacity * rowWords);
  for (let row = Math.max(0, end - capacity); row < end; row += 1) write(ring, row);
  const copy = new Uint32Array(Math.min(end, capacity) * rowWords).fill(7);
  const options = { section: 'transfers', words: () => ring, rowWords, oldest, end, capacity } as const;
  return { ring, capture: new RingCapture(options, copy) };
}

function write(ring: Uint32Array, row: number): void {
  ring.set([row, row * 3], (row % capacity) * rowWords);
}

function wordsOf(capture: RingCapture): number[] {
  while (!capture.prepare());
  const bytes = new Uint8Array(capture.lengthBytes);
  for (let at = 0; at < bytes.length; at += 1_021) capture.read(at, bytes.subarray(at, at + 1_021));
  return [...new Uint32Array(bytes.buffer)];
}

/** What the section holds: every held row in its slot, zeros elsewhere. */
function expected(oldest: number, end: number): number[] {
  const words = new Uint32Array(Math.min(end, capacity) * rowWords);
  for (let row = oldest; row < end; row += 1) write(words, row);
  return [...words];
}

describe('the rows of a ring that goes on', () => {
  it.each([
    ['that has not gone round', 0, 5_000],
    ['that has let rows go before it went round', 100, 8_000],
    ['that has gone round', 12_000, 20_000],
    ['that is just full', 0, capacity],
  ])('are captured from one %s', (_name, oldest, end) => {
    expect(wordsOf(captured(oldest, end).capture)).toEqual(expected(oldest, end));
  });

  it('are copied before others are written over them', () => {
    const [oldest, end] = [12_000, 20_000];
    const { ring, capture } = captured(oldest, end);
    for (let row = end; row < end + capacity; row += 100) {
      capture.copyBelow(row + 100 - capacity);
      for (let next = row; next < row + 100; next += 1) write(ring, next);
      if (row === end + 2_000) expect(capture.prepare()).toBe(false);
    }
    expect(wordsOf(capture)).toEqual(expected(oldest, end));
  });

  it('are not read before they are copied', () => {
    const { capture } = captured(0, 5_000);
    expect(capture.prepare()).toBe(false);
    expect(() => capture.read(0, new Uint8Array(8))).toThrow();
  });
});
