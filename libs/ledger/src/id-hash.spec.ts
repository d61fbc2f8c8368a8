import { verifySignature } from '@quorate/crypto';
import { LedgerDriver, account, genesis, openedLedger, transfer } from '../test/ledger-fixture';
import { Ledger } from '.';
import { PROBE } from './engine-layout';
import { hashKeyFrom } from './id-hash';
import { LedgerMemory } from './ledger-memory';
import { LEDGER_LIMITS } from './limits';

/** The hash of ids under a key. */
function hashOf(key: Uint32Array): (id: Uint32Array) => number {
  const memory = new LedgerMemory(LEDGER_LIMITS, key);
  return (id) => {
    memory.header.set(id, PROBE / 4);
    return memory.engine.hashOf(PROBE);
  };
}

/** Ids of which each differs from the one before in the highest bits of two neighbouring words: a hash without a key takes some for one. */
const crafted = Array.from({ length: 4_096 }, (_, number) => {
  const bit = (at: number): number => ((number >>> at) & 1) * 0x8000_0000;
  const low = (at: number): number => ((number >>> at) & 1) * 0x8000;
  const word = (at: number): number => (bit(at) | low(at + 4) | ((number >>> 8) << 16)) >>> 0;
  return Uint32Array.of(word(0), word(1), word(2), (word(3) ^ (number >>> 4)) >>> 0);
});

describe('the hash of ids', () => {
  it('is another one under another key', () => {
    const id = Uint32Array.of(1, 2, 3, 4);
    const hashes = Array.from({ length: 64 }, (_, seed) => hashOf(hashKeyFrom(seed))(id));
    expect(new Set(hashes).size).toBeGreaterThan(60);
  });

  it.each([1, 2, 3, 4, 5])('spreads ids that were made to collide over the places of a table, with key %d', (seed) => {
    const hash = hashOf(hashKeyFrom(seed));
    const places = new Uint32Array(256);
    for (const id of crafted) places[hash(id) >>> 24] += 1;
    // 16 ids a place are expected.
    expect(Math.max(...places)).toBeLessThan(64);
  });

  it('changes about half of its bits with each bit of an id', () => {
    const hash = hashOf(hashKeyFrom(11));
    const plain = hash(new Uint32Array(4));
    for (let bit = 0; bit < 128; bit += 1) {
      const id = new Uint32Array(4);
      id[bit >>> 5] = 1 << (bit & 31);
      const changed = (hash(id) ^ plain) >>> 0;
      expect(changed.toString(2).replaceAll('0', '').length).toBeGreaterThan(2);
    }
  });

  it('has no influence on any result', () => {
    const driver = openedLedger();
    driver.run(Array.from({ length: 40 }, (_, row) => account(BigInt(row) + 1_000n)));
    driver.run(
      Array.from({ length: 200 }, (_, row) =>
        transfer((BigInt(row) << 96n) | 5n, { debitAccount: BigInt(row % 40) + 1_000n, flags: row % 7 === 0 ? 1 : 0 }),
      ),
    );
    driver.run([transfer(5n), transfer((9n << 96n) | 5n)]);
    const other = new LedgerDriver(
      LEDGER_LIMITS,
      Ledger.create(genesis, verifySignature, LEDGER_LIMITS, hashKeyFrom(99)),
    );
    driver.blocks.forEach((block, index) =>
      expect(other.ledger.executeBlock(block).resultsRoot).toEqual(driver.outcomes[index].resultsRoot),
    );
  });

  it('demands a whole key', () => {
    expect(() => hashOf(new Uint32Array(4))).toThrow('its words');
  });
});
