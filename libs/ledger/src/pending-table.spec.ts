import fc from 'fast-check';
import { PENDING_STATE, PendingTable } from './pending-table';

const U32 = 2n ** 32n;
const words = (timeNs: bigint): [number, number] => [Number(timeNs % U32), Number(timeNs / U32)];
const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

it('gives what is due by expiry, then by creation, whatever was resolved or taken back between', () => {
  const timeoutSeconds = fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) });
  const pick = fc.nat(1_000);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), timeoutSeconds }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('resolve' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeBack' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), fc.nat(6), (steps, afterSeconds) => {
      const table = new PendingTable();
      const model: { expiresAtNs: bigint | null; waits: boolean }[] = [];
      for (const [index, taken] of steps.entries()) {
        const picked = 'pick' in taken && model.length > 0 ? taken.pick % model.length : -1;
        if (taken.kind === 'add') {
          const timeNs = START + BigInt(index % 2);
          const expiresAtNs = taken.timeoutSeconds === 0 ? null : timeNs + BigInt(taken.timeoutSeconds) * SECOND;
          expect(table.add(index, taken.timeoutSeconds, ...words(timeNs))).toBe(model.length);
          model.push({ expiresAtNs, waits: true });
        } else if (taken.kind === 'takeBack' && model.length > 0) {
          table.removeNewest();
          model.pop();
        } else if (taken.kind === 'resolve' && picked >= 0 && model[picked].waits) {
          table.resolve(picked, PENDING_STATE.posted);
          model[picked].waits = false;
        } else if (taken.kind === 'reopen' && picked >= 0 && !model[picked].waits) {
          table.reopen(picked);
          model[picked].waits = true;
        }
      }
      const nowNs = START + BigInt(afterSeconds) * SECOND;
      const due = [...model.keys()].filter((row) => {
        const { expiresAtNs, waits } = model[row];
        return waits && expiresAtNs !== null && expiresAtNs <= nowNs;
      });
      due.sort((left, right) => Number((model[left].expiresAtNs ?? 0n) - (model[right].expiresAtNs ?? 0n)));
      const given: number[] = [];
      for (let row = table.nextDue(...words(nowNs)); row >= 0; row = table.nextDue(...words(nowNs))) {
        table.resolve(row, PENDING_STATE.expired);
        given.push(row);
      }
      expect(given).toEqual(due);
      const later = model.filter(({ expiresAtNs, waits }) => waits && expiresAtNs !== null && expiresAtNs > nowNs);
      expect(table.expiring).toBe(later.length);
    }),
    { numRuns: 300 },
  );
});

it('adds a timeout to a time to the nanosecond', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 63n - 1n), fc.integer({ min: 1, max: 0xffff_ffff }), (timeNs, timeoutSeconds) => {
      const table = new PendingTable();
      const expiresAtNs = timeNs + BigInt(timeoutSeconds) * SECOND;
      const overflows = expiresAtNs >= 2n ** 63n;
      expect(table.overflows(...words(timeNs), timeoutSeconds)).toBe(overflows);
      if (overflows) return;
      const row = table.add(0, timeoutSeconds, ...words(timeNs));
      expect(table.isDue(row, ...words(expiresAtNs))).toBe(true);
      expect(table.isDue(row, ...words(expiresAtNs - 1n))).toBe(false);
    }),
  );
});
