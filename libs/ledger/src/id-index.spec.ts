import fc from 'fast-check';
import { IdIndex } from './id-index';
import { store, toBigint } from './u128';

const words = new Uint32Array(4);
const at = (id: bigint): Uint32Array => {
  store(words, 0, id);
  return words;
};

describe('the id index', () => {
  // Nine ids never make 16 slots grow, so that probes wrap around the end and removals must repair them; 91 make them grow.
  it.each([8n, 90n])('answers like a map through additions and removals of ids up to %d', (idMax) => {
    const step = fc.record({ id: fc.bigInt(0n, idMax), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer(), (steps, seed) => {
        const map = new Map<bigint, number>();
        const index = new IdIndex(seed, (reference, array, from) => map.get(toBigint(array, from)) === reference, 16);
        for (const [reference, { id, remove }] of steps.entries()) {
          if (!map.has(id)) {
            expect(index.getOrMiss(at(id), 0)).toBe(-1);
            if (reference % 2 === 0) index.addMissed(reference);
            else index.add(at(id), 0, reference);
            map.set(id, reference);
          } else if (remove) {
            index.remove(at(id), 0);
            map.delete(id);
          }
        }
        expect(index.size).toBe(map.size);
        const ids = Array.from({ length: Number(idMax) + 1 }, (_, id) => BigInt(id));
        expect(ids.map((id) => index.get(at(id), 0))).toEqual(ids.map((id) => map.get(id) ?? -1));
      }),
      { numRuns: 300 },
    );
  });

  it('tells ids apart that differ in one bit, and keeps the largest reference', () => {
    const ids = Array.from({ length: 128 }, (_, bit) => 1n << BigInt(bit));
    const index = new IdIndex(0, (reference, array, from) => ids[reference - 0x8000_0000] === toBigint(array, from));
    ids.forEach((id, bit) => index.add(at(id), 0, 0x8000_0000 + bit));
    ids.forEach((id, bit) => expect(index.get(at(id), 0)).toBe(0x8000_0000 + bit));
    expect(index.get(at(3n), 0)).toBe(-1);
    expect(() => index.add(at(1n), 0, 1)).toThrow('indexed once');
    expect(() => index.remove(at(3n), 0)).toThrow('removed');
    index.getOrMiss(at(1n), 0);
    expect(() => index.addMissed(1)).toThrow('missed');
  });
});
