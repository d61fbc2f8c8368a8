import { encodeBody, resultsRoot, type Operation } from '@quorate/protocol';
import { START_NS, account, openedLedger, transfer } from '../test/ledger-fixture';
import { PAGE_ENTRIES_MAX, validateBlockBody } from '.';

const idsOf = (page: { data: { id: bigint | number }[] }): (bigint | number)[] => page.data.map(({ id }) => id);

describe('queries', () => {
  it('answer with what was created', () => {
    const driver = openedLedger();
    driver.run([transfer(1n, { amount: 620n, userData128: 1n << 100n, userData64: (1n << 63n) + 1n, userData32: 7 })]);
    expect(driver.ledger.transfer(1n)).toEqual({
      id: 1n,
      debitAccount: 100n,
      creditAccount: 200n,
      amount: 620n,
      asset: 756,
      code: 1,
      flags: 0,
      pendingId: 0n,
      pendingState: null,
      timeoutSeconds: 0,
      userData128: 1n << 100n,
      userData64: (1n << 63n) + 1n,
      userData32: 7,
      timestampNs: driver.timeNs,
      height: 2,
      index: 0,
    });
    expect(driver.ledger.account(200n)).toMatchObject({
      party: 1n,
      asset: 756,
      code: 1,
      flags: 2,
      creditsPosted: 620n,
      debitsPosted: 0n,
    });
    expect(driver.ledger.party(2n)).toMatchObject({
      name: 'Member',
      threshold: 1,
      timestampNs: START_NS + 1_000_000_002n,
    });
    expect(driver.ledger.asset(978)).toMatchObject({ code: 'EUR', scale: 2, issuer: 1n });
    expect([
      driver.ledger.transfer(9n),
      driver.ledger.account(-1n),
      driver.ledger.party(9n),
      driver.ledger.asset(9),
    ]).toEqual(Array(4).fill(undefined));
  });

  it('page newest first, or oldest first, and an old cursor goes on where it stood', () => {
    const { ledger, ...driver } = openedLedger();
    const first = ledger.accounts({ limit: 2 });
    expect(idsOf(first)).toEqual([500n, 400n]);
    expect(idsOf(ledger.accounts({ limit: 2, cursor: first.nextCursor }))).toEqual([300n, 200n]);
    const oldest = ledger.accounts({ limit: 3, oldestFirst: true });
    expect(idsOf(oldest)).toEqual([100n, 200n, 300n]);
    expect(ledger.accounts({ limit: 9, oldestFirst: true, cursor: oldest.nextCursor })).toMatchObject({
      data: [{ id: 400n }, { id: 500n }],
      nextCursor: null,
    });
    expect(idsOf(ledger.accounts({ limit: 9, party: 2n }))).toEqual([300n]);
    expect(idsOf(ledger.parties({ limit: 9 }))).toEqual([2n, 1n]);
    expect(idsOf(ledger.assets({ limit: 9 }))).toEqual([978, 756]);
    expect(driver.outcomes).toHaveLength(1);
  });

  it('narrow accounts to a code, an asset and times, both ends included', () => {
    const { ledger } = openedLedger();
    const at = (id: bigint): bigint => ledger.account(id)?.timestampNs ?? 0n;
    const found = (filter: object) => idsOf(ledger.accounts({ limit: 9, ...filter }));
    expect(found({ code: 2 })).toEqual([]);
    expect(found({ asset: 978 })).toEqual([400n]);
    expect(found({ timestampMinNs: at(200n), timestampMaxNs: at(400n) })).toEqual([400n, 300n, 200n]);
    const within = { timestampMinNs: at(200n), timestampMaxNs: at(400n) - 1n };
    expect(found({ ...within, oldestFirst: true })).toEqual([200n, 300n]);
    expect(found({ timestampMinNs: at(500n) + 1n })).toEqual([]);
    expect(found({ timestampMaxNs: at(100n) - 1n, oldestFirst: true })).toEqual([]);
  });

  it('refuse a cursor of another list and a limit out of range', () => {
    const { ledger } = openedLedger();
    for (const cursor of ['0', '-1', '1.5', 'x', '', '6', '99999999999'])
      expect(() => ledger.accounts({ limit: 1, cursor })).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
    expect(() => ledger.accounts({ limit: 1, cursor: '1', party: 2n })).toThrow(
      expect.objectContaining({ code: 'CURSOR_INVALID' }),
    );
    for (const limit of [0, -1, 1.5, PAGE_ENTRIES_MAX + 1])
      expect(() => ledger.accounts({ limit })).toThrow(expect.objectContaining({ code: 'LIMIT_INVALID' }));
  });
});

describe('blocks', () => {
  it('are executed in order only', () => {
    const driver = openedLedger();
    expect(() => driver.ledger.executeBlock({ height: 3, timeNs: driver.timeNs, envelopes: [] })).toThrow('in order');
    expect(() =>
      driver.ledger.executeBlock({ height: 2, timeNs: driver.timeNs, envelopes: [Uint8Array.of(1)] }),
    ).toThrow('before it is voted');
  });

  it('may be empty', () => {
    const driver = openedLedger();
    const { codes, results, resultsRoot: root } = driver.block();
    expect([codes.length, results.count]).toEqual([0, 0]);
    expect(root).toEqual(resultsRoot(new Uint8Array(32), 0));
  });

  it('have a body whose syntax and size are checked without a throw', () => {
    const driver = openedLedger();
    const many = Array.from({ length: 4_097 }, (_, index): Operation => account(BigInt(index + 1)));
    const [half, one] = [driver.envelope(many), driver.envelope([transfer(1n)])];
    expect(validateBlockBody(encodeBody([half, one]))).toMatchObject({ ok: true, operationCount: 4_098 });
    expect(validateBlockBody(encodeBody([half, half]))).toEqual({ ok: false, reason: 'operations_too_many' });
    expect(validateBlockBody(new Uint8Array(0))).toEqual({ ok: true, envelopes: [], operationCount: 0 });
    const body = encodeBody([one]);
    for (let length = 1; length < body.length; length += 1)
      expect(validateBlockBody(body.subarray(0, length)).ok).toBe(false);
    expect(validateBlockBody(encodeBody([one.subarray(0, -1)]))).toEqual({ ok: false, reason: 'envelope_malformed' });
  });

  it('give times across a 32-bit border', () => {
    const driver = openedLedger();
    driver.timeNs = ((driver.timeNs >> 32n) + 1n) * (1n << 32n) - 1_000_000_001n;
    driver.run([transfer(1n), transfer(2n), transfer(3n)], { expiresAtNs: driver.timeNs + 5_000_000_000n });
    expect([1n, 2n, 3n].map((id) => driver.ledger.transfer(id)?.timestampNs)).toEqual(
      [0n, 1n, 2n].map((index) => driver.timeNs + index),
    );
    const times = [0, 1, 2].map((index) => driver.outcomes.at(-1)?.results.record(index).timestampNs);
    expect(times).toEqual([0n, 1n, 2n].map((index) => driver.timeNs + index));
  });
});
