import fc from 'fast-check';
import { EnvelopeMemory } from './envelope-memory';

const SECOND = 1_000_000_000n;
/** Hashes that share a slot more often than real ones. */
const hashOf = (number: number): Uint8Array => {
  const hash = new Uint8Array(32);
  hash[3] = number % 8;
  hash[31] = number;
  return hash;
};

describe('the memory of envelopes', () => {
  it('holds what has not expired, forgets the rest by whole seconds, and uses the room again', () => {
    const step = fc.record({ number: fc.nat(255), lifetime: fc.integer({ min: 1, max: 9 }), advance: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
        const memory = new EnvelopeMemory(300);
        const model = new Map<number, { second: number; height: number }>();
        let second = 1_000;
        for (const [height, { number, lifetime, advance }] of steps.entries()) {
          if (advance === 3) second += 1;
          memory.forgetExpired(BigInt(second) * SECOND + 5n);
          for (const [known, { second: expiry }] of model) if (expiry < second) model.delete(known);
          if (memory.size !== model.size) throw new Error(`${memory.size} remembered, ${model.size} expected`);
          if (model.has(number)) continue;
          memory.remember(hashOf(number), BigInt(second + lifetime) * SECOND, { height, firstIndex: number, count: 1 });
          model.set(number, { second: second + lifetime, height });
        }
        const found = Array.from({ length: 256 }, (_, number) => memory.find(hashOf(number))?.height);
        expect(found).toEqual(Array.from({ length: 256 }, (_, number) => model.get(number)?.height));
      }),
      { numRuns: 100 },
    );
  });

  it('grows to its maximum and then says that it is full', () => {
    const memory = new EnvelopeMemory(1_000);
    for (let number = 0; number < 1_000; number += 1) {
      expect(memory.full).toBe(false);
      const hash = new Uint8Array(32);
      new DataView(hash.buffer).setUint32(28, number);
      memory.remember(hash, SECOND, { height: number, firstIndex: 0, count: 1 });
      expect(memory.find(hash)).toEqual({ height: number, firstIndex: 0, count: 1 });
    }
    expect(memory.full).toBe(true);
    expect(() => memory.remember(new Uint8Array(32).fill(1), SECOND, { height: 1, firstIndex: 0, count: 1 })).toThrow(
      'room',
    );
  });
});
