import { RESULT_CODES, type Operation } from '@quorate/protocol';
import { bytesOf, restoredFrom } from '../test/snapshot-bytes';
import { LedgerDriver, openedLedger, transfer } from '../test/ledger-fixture';
import { LEDGER_LIMITS } from '.';

const LINKED = 1;
const PENDING = 2;
const POST = 4;
const perEnvelope = 8_190;
const { applied: APPLIED, exists_in_history: IN_HISTORY, exists: EXISTS } = RESULT_CODES;

/** So few that the ring of rows is as small as it gets: 16,384. */
const recentTransfersMax = 5_000;

function many(first: number, count: number): Operation[] {
  return Array.from({ length: count }, (_, index) => transfer(BigInt(first + index)));
}

function codesOf(driver: LedgerDriver, operations: readonly Operation[]): Set<number> {
  return new Set(driver.block(driver.envelope(operations)).codes);
}

/** Ids 1 to `envelopes` × 8,190, all applied. */
function filled(envelopes: number): LedgerDriver {
  const driver = openedLedger({ ...LEDGER_LIMITS, recentTransfersMax });
  for (let envelope = 0; envelope < envelopes; envelope += 1) {
    expect(codesOf(driver, many(1 + envelope * perEnvelope, perEnvelope))).toEqual(new Set([APPLIED]));
  }
  return driver;
}

describe('recent transfers', () => {
  const newest = 3 * perEnvelope;
  const driver = filled(3);

  it('are compared up to the border and not beyond, after the ring has gone round', () => {
    const recent = driver.envelope([transfer(BigInt(newest - recentTransfersMax + 1)), transfer(BigInt(newest))]);
    const old = driver.envelope([transfer(BigInt(newest - recentTransfersMax)), transfer(1n)]);
    expect([...driver.block(recent, old).codes]).toEqual([EXISTS, EXISTS, IN_HISTORY, IN_HISTORY]);
    expect(driver.ledger.transfer(BigInt(newest - recentTransfersMax + 1))?.amount).toBe(1n);
    expect(driver.ledger.transfer(BigInt(newest - recentTransfersMax))).toBeUndefined();
  });

  it('have a position however old they are', () => {
    expect(driver.ledger.position(1n)).toEqual({ height: 2, index: 0, code: APPLIED });
    expect(driver.ledger.position(BigInt(newest))).toEqual({ height: 4, index: perEnvelope - 1, code: APPLIED });
  });

  it('are all still there after a chain as long as an envelope has failed', () => {
    const chain = many(newest + 1, perEnvelope).map((operation, index): Operation => {
      if (operation.kind !== 'create_transfer') throw new Error('only transfers here');
      const last = index === perEnvelope - 1;
      return transfer(operation.transfer.id, last ? { code: 0 } : { flags: LINKED });
    });
    const other = filled(3);
    const before = other.ledger.account(100n);
    const oldest = driver.envelope([transfer(BigInt(newest - recentTransfersMax + 1))]);
    const codes = other.block(other.envelope(chain), oldest).codes;
    expect(codes[perEnvelope]).toBe(EXISTS);
    expect(other.ledger.account(100n)).toEqual(before);
    expect(other.ledger.position(BigInt(newest + 1))?.code).toBe(RESULT_CODES.linked_event_failed);
    expect(other.ledger.position(BigInt(newest + perEnvelope))?.code).toBe(RESULT_CODES.code_must_not_be_zero);
  });

  it('lets a pending transfer be posted that is older than all of them', () => {
    const other = openedLedger({ ...LEDGER_LIMITS, recentTransfersMax });
    other.run([transfer(900_000n, { flags: PENDING, amount: 7n }), transfer(900_001n, { flags: PENDING })]);
    for (let envelope = 0; envelope < 3; envelope += 1) codesOf(other, many(1 + envelope * perEnvelope, perEnvelope));
    const restored = restoredFrom(bytesOf(other.ledger.capture()), { ...LEDGER_LIMITS, recentTransfersMax });
    expect(restored.transfer(900_000n)).toBeUndefined();
    const post = transfer(900_002n, {
      debitAccount: 0n,
      creditAccount: 0n,
      amount: 5n,
      asset: 0,
      code: 0,
      pendingId: 900_000n,
      flags: POST,
    });
    const envelope = other.envelope([post]);
    const block = { height: other.ledger.height + 1, timeNs: other.timeNs + 1n, envelopes: [envelope] };
    expect([...restored.executeBlock(block).codes]).toEqual([APPLIED]);
    expect(restored.executeBlock({ ...block, height: block.height + 1, envelopes: [] }).codes).toHaveLength(0);
    expect(other.run([post])).toEqual(['applied']);
    expect(other.ledger.account(100n)).toEqual(restored.account(100n));
    expect(other.ledger.account(100n)?.debitsPending).toBe(1n);
  });
});

it('takes a chain back that began in another segment of the log of ids', () => {
  const driver = openedLedger();
  const segment = 65_536;
  const count = segment - 10;
  for (let first = 1; first <= count; first += perEnvelope)
    codesOf(driver, many(first, Math.min(perEnvelope, count - first + 1)));
  const before = driver.ledger.account(200n);
  const failing = Array.from({ length: 20 }, (_, index) =>
    transfer(BigInt(count + 1 + index), index === 19 ? { code: 0 } : { flags: LINKED }),
  );
  const codes = driver.block(driver.envelope(failing)).codes;
  expect([...codes].filter((code) => code === RESULT_CODES.linked_event_failed)).toHaveLength(19);
  expect(driver.ledger.account(200n)).toEqual(before);
  const { height } = driver.ledger;
  for (let index = 0; index < 20; index += 1) {
    expect(driver.ledger.position(BigInt(count + 1 + index))).toMatchObject({ height, index });
  }
  expect(driver.ledger.position(BigInt(segment - 10))).toMatchObject({ height: height - 1, code: APPLIED });
  expect(driver.ledger.transfer(BigInt(count))?.id).toBe(BigInt(count));
});
