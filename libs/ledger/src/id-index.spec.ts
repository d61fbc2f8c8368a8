import fc from 'fast-check';
import { TRANSFER_INDEX } from './engine-layout';
import { hashKeyFrom } from './id-hash';
import { IdIndex, type IdRows } from './id-index';
import { LedgerMemory } from './ledger-memory';
import { LEDGER_LIMITS } from './limits';
import { store } from './u128';

/** Rows of five words that begin with their id, in segments of 16 rows. */
class Rows implements IdRows {
  readonly segments: Uint32Array[] = [];
  readonly shift = 4;
  readonly stride = 5;

  write(row: number, id: bigint): void {
    while (this.segments.length <= row >>> this.shift) this.segments.push(new Uint32Array(16 * this.stride));
    store(this.segments[row >>> this.shift], (row & 15) * this.stride, id);
  }
}

/** An index of the rows, with room for so many ids under the limits that they give. */
function indexOf(seed: number, rows: IdRows, idsMax: number): IdIndex {
  const memory = new LedgerMemory({ ...LEDGER_LIMITS, transfersMax: idsMax }, hashKeyFrom(seed));
  memory.reserve({ rows: idsMax, operations: 0, envelopeBytes: 0 });
  return new IdIndex(memory, rows, TRANSFER_INDEX);
}

const words = new Uint32Array(4);
const at = (id: bigint): Uint32Array => {
  store(words, 0, id);
  return words;
};

describe('the id index', () => {
  // With two tables some begin their probes at the last bucket, so that they wrap around the end and removals must repair them.
  it.each([12n, 90n, 600n])('answers like a map through additions and removals of ids up to %d', (idMax) => {
    const step = fc.record({ id: fc.bigInt(0n, idMax), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.integer(), (steps, seed) => {
        const map = new Map<bigint, number>();
        const rows = new Rows();
        const index = indexOf(seed, rows, Number(idMax) + 1);
        for (const [row, { id, remove }] of steps.entries()) {
          if (!map.has(id)) {
            rows.write(row, id);
            expect(index.getOrMiss(index.hash(at(id), 0), at(id), 0)).toBe(-1);
            if (row % 2 === 0) index.addMissed(row);
            else index.add(at(id), 0, row);
            map.set(id, row);
          } else if (remove) {
            index.remove(at(id), 0);
            map.delete(id);
          }
        }
        expect(index.size).toBe(map.size);
        const ids = Array.from({ length: Number(idMax) + 1 }, (_, id) => BigInt(id));
        expect(ids.map((id) => index.get(at(id), 0))).toEqual(ids.map((id) => map.get(id) ?? -1));
      }),
      { numRuns: 200 },
    );
  });

  it('finds every one of many ids, in no more than ten bytes for each', () => {
    const rows = new Rows();
    const index = indexOf(7, rows, 1_000_000);
    const idOf = (row: number): bigint => (BigInt(row) << 64n) | BigInt(row * 7);
    const count = 200_000;
    for (let row = 0; row < count; row += 1) {
      rows.write(row, idOf(row));
      index.add(at(idOf(row)), 0, row);
    }
    for (let row = 0; row < count; row += 1)
      if (index.get(at(idOf(row)), 0) !== row) throw new Error(`row ${row} is not found`);
    expect(index.get(at(idOf(count)), 0)).toBe(-1);
    expect(index.bytes / count).toBeLessThan(10);
  });

  it.each([0, 1, 15, 700, 30_000])('filled with %d rows at once answers and grows as if filled one by one', (count) => {
    const rows = new Rows();
    for (let row = 0; row < count; row += 1) rows.write(row, BigInt(row) * 7n + 1n);
    const index = indexOf(5, rows, 1_000_000);
    index.addRows(count);
    expect(index.size).toBe(count);
    const one = indexOf(5, rows, 1_000_000);
    for (let row = 0; row < count; row += 1) one.add(at(BigInt(row) * 7n + 1n), 0, row);
    expect(index.bytes).toBe(one.bytes);
    for (let row = count; row < count + 500; row += 1) {
      rows.write(row, BigInt(row) * 7n + 1n);
      index.add(at(BigInt(row) * 7n + 1n), 0, row);
    }
    for (let row = 0; row < count + 500; row += 1) {
      if (index.get(at(BigInt(row) * 7n + 1n), 0) !== row) throw new Error(`row ${row} is not found`);
    }
    expect(index.get(at(2n), 0)).toBe(-1);
    if (count > 1) index.remove(at(8n), 0);
    expect(index.get(at(8n), 0)).toBe(count > 1 ? -1 : 1);
  });

  it('takes as many ids as it has room for', () => {
    const rows = new Rows();
    const index = indexOf(3, rows, 5_000);
    for (let row = 0; row < 5_000; row += 1) {
      rows.write(row, BigInt(row) + 1n);
      index.add(at(BigInt(row) + 1n), 0, row);
    }
    for (let row = 0; row < 5_000; row += 1) expect(index.get(at(BigInt(row) + 1n), 0)).toBe(row);
  });

  it('tells ids apart that differ in one bit', () => {
    const rows = new Rows();
    const index = indexOf(0, rows, 1_000);
    for (let bit = 0; bit < 128; bit += 1) {
      rows.write(bit, 1n << BigInt(bit));
      index.add(at(1n << BigInt(bit)), 0, bit);
    }
    for (let bit = 0; bit < 128; bit += 1) expect(index.get(at(1n << BigInt(bit)), 0)).toBe(bit);
    expect(index.get(at(3n), 0)).toBe(-1);
    expect(() => index.add(at(1n), 0, 1)).toThrow('indexed once');
    expect(() => index.remove(at(3n), 0)).toThrow('removed');
    index.getOrMiss(index.hash(at(1n), 0), at(1n), 0);
    expect(() => index.addMissed(1)).toThrow('missed');
  });
});
