import fc from 'fast-check';
import { hashKeyFrom } from './id-hash';
import { LedgerMemory } from './ledger-memory';
import { LEDGER_LIMITS } from './limits';
import { PENDING_STATE, PendingTable } from './pending-table';
import { store } from './u128';

const U32 = 2n ** 32n;
const words = (timeNs: bigint): [number, number] => [Number(timeNs % U32), Number(timeNs / U32)];
const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

const content = new Uint32Array(18);
/** The content of pending transfer `number`. */
function contentOf(number: number): Uint32Array {
  store(content, 0, BigInt(number + 1));
  return content;
}

interface Held {
  readonly number: number;
  readonly row: number;
  readonly expiresAtNs: bigint | null;
  waits: boolean;
}

it('gives what is due by expiry, then by creation, whatever was resolved, released or taken back between', () => {
  const timeoutSeconds = fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) });
  const pick = fc.nat(1_000);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), timeoutSeconds }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('resolve' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), pick }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), pick }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), fc.nat(6), (steps, afterSeconds) => {
      const table = new PendingTable(1_000, new LedgerMemory(LEDGER_LIMITS, hashKeyFrom(5)));
      const held: Held[] = [];
      for (const [number, taken] of steps.entries()) {
        const picked = 'pick' in taken && held.length > 0 ? held[taken.pick % held.length] : undefined;
        if (taken.kind === 'add') {
          const timeNs = START + BigInt(number % 2);
          const expiresAtNs = taken.timeoutSeconds === 0 ? null : timeNs + BigInt(taken.timeoutSeconds) * SECOND;
          const row = table.add(number, contentOf(number), 0, taken.timeoutSeconds, ...words(timeNs));
          held.push({ number, row, expiresAtNs, waits: true });
        } else if (taken.kind === 'release' && picked !== undefined) {
          table.release(picked.row);
          held.splice(held.indexOf(picked), 1);
        } else if (taken.kind === 'resolve' && picked?.waits === true) {
          table.resolve(picked.row, PENDING_STATE.posted);
          picked.waits = false;
        } else if (taken.kind === 'reopen' && picked?.waits === false) {
          table.reopen(picked.row);
          picked.waits = true;
        }
      }
      expect(table.size).toBe(held.length);
      expect(held.map(({ number }) => table.find(contentOf(number), 0))).toEqual(held.map(({ row }) => row));
      const nowNs = START + BigInt(afterSeconds) * SECOND;
      const due = held.filter(({ expiresAtNs, waits }) => waits && expiresAtNs !== null && expiresAtNs <= nowNs);
      due.sort((left, right) => Number((left.expiresAtNs ?? 0n) - (right.expiresAtNs ?? 0n)));
      const given: number[] = [];
      for (let row = table.nextDue(...words(nowNs)); row >= 0; row = table.nextDue(...words(nowNs))) {
        table.resolve(row, PENDING_STATE.expired);
        given.push(table.transferOf(row));
      }
      expect(given).toEqual(due.map(({ number }) => number));
      const later = held.filter(({ expiresAtNs, waits }) => waits && expiresAtNs !== null && expiresAtNs > nowNs);
      expect(table.expiring).toBe(later.length);
    }),
    { numRuns: 300 },
  );
});

it('uses released rows again and holds no more than its limit', () => {
  const table = new PendingTable(3, new LedgerMemory(LEDGER_LIMITS, hashKeyFrom(5)));
  const add = (number: number): number => table.add(number, contentOf(number), 0, 0, 0, 0);
  const rows = [add(0), add(1), add(2)];
  expect(table.full).toBe(true);
  expect(() => add(3)).toThrow('room');
  table.release(rows[1]);
  table.release(rows[0]);
  expect(() => table.release(rows[0])).toThrow('once');
  expect(table.find(contentOf(1), 0)).toBe(-1);
  expect([add(3), add(4)].sort()).toEqual([rows[0], rows[1]].sort());
});

it('adds a timeout to a time to the nanosecond', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 63n - 1n), fc.integer({ min: 1, max: 0xffff_ffff }), (timeNs, timeoutSeconds) => {
      const table = new PendingTable(1, new LedgerMemory(LEDGER_LIMITS, hashKeyFrom(5)));
      const expiresAtNs = timeNs + BigInt(timeoutSeconds) * SECOND;
      const overflows = expiresAtNs >= 2n ** 63n;
      expect(table.overflows(...words(timeNs), timeoutSeconds)).toBe(overflows);
      if (overflows) return;
      const row = table.add(0, contentOf(0), 0, timeoutSeconds, ...words(timeNs));
      expect(table.isDue(row, ...words(expiresAtNs))).toBe(true);
      expect(table.isDue(row, ...words(expiresAtNs - 1n))).toBe(false);
    }),
  );
});
