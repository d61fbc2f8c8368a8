import fc from 'fast-check';
import { addInto, equals, isMax, isZero, load, store, subtractFrom, sumExceeds, sumOverflows, toBigint } from './u128';

const LIMIT = 1n << 128n;
const limb = fc.oneof(
  fc.constantFrom(0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fffen, 0xffff_ffffn),
  fc.bigInt(0n, 0xffff_ffffn),
);
const u128 = fc.tuple(limb, limb, limb, limb).map(([a, b, c, d]) => (a << 96n) | (b << 64n) | (c << 32n) | d);

function words(...values: bigint[]): Uint32Array {
  const array = new Uint32Array(values.length * 4);
  values.forEach((value, index) => store(array, index * 4, value));
  return array;
}

describe('128-bit integers in words', () => {
  it('add, subtract and compare like bigints', () => {
    fc.assert(
      fc.property(u128, u128, u128, (left, right, limit) => {
        const operands = words(left, right, limit);
        expect(sumOverflows(operands, 0, operands, 4)).toBe(left + right >= LIMIT);
        if (left + right < LIMIT) expect(sumExceeds(operands, 0, operands, 4, operands, 8)).toBe(left + right > limit);
        expect(equals(operands, 0, operands, 4)).toBe(left === right);
        const sum = words(left);
        expect(addInto(sum, 0, operands, 4)).toBe(left + right >= LIMIT ? 1 : 0);
        expect(toBigint(sum, 0)).toBe((left + right) % LIMIT);
        const difference = words(left);
        expect(subtractFrom(difference, 0, operands, 4)).toBe(left < right ? 1 : 0);
        expect(toBigint(difference, 0)).toBe((left - right + LIMIT) % LIMIT);
      }),
      { numRuns: 5_000 },
    );
  });

  it('find a sum equal to the limit within it', () => {
    fc.assert(
      fc.property(u128, u128, (left, right) => {
        fc.pre(left + right < LIMIT);
        const operands = words(left, right, left + right);
        expect(sumExceeds(operands, 0, operands, 4, operands, 8)).toBe(false);
      }),
    );
  });

  it('are read from big-endian bytes; 0 and the largest are known', () => {
    fc.assert(
      fc.property(u128, (value) => {
        const view = new DataView(new ArrayBuffer(16));
        view.setBigUint64(0, value >> 64n);
        view.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
        const loaded = new Uint32Array(4);
        load(loaded, 0, view, 0);
        expect(toBigint(loaded, 0)).toBe(value);
        expect(isZero(loaded, 0)).toBe(value === 0n);
        expect(isMax(loaded, 0)).toBe(value === LIMIT - 1n);
      }),
    );
    expect(isMax(words(LIMIT - 1n), 0)).toBe(true);
    expect(isZero(words(0n), 0)).toBe(true);
  });
});
