import { EnvelopePool, type PendingEnvelope } from './envelope-pool';

const envelope = (key: string, bytes = 100, operationCount = 1, local = true): PendingEnvelope => ({
  key,
  bytes: new Uint8Array(bytes).fill(key.charCodeAt(0)),
  outline: {
    ledger: new Uint8Array(32),
    party: 1n,
    id: 1n,
    expiresAtNs: 1n,
    operationCount,
    operationOffsets: new Uint32Array(2 * operationCount),
    contentBytes: bytes,
    hash: new Uint8Array(32),
    signatures: [],
  },
  local,
  arrivedAtMs: 0,
});
const names = (envelopes: readonly PendingEnvelope[]): string => envelopes.map(({ key }) => key).join('');

function poolOf(...envelopes: PendingEnvelope[]): EnvelopePool {
  const pool = new EnvelopePool();
  for (const each of envelopes) pool.add(each);
  return pool;
}

describe('envelope pool', () => {
  it('gives the oldest first and none twice', () => {
    const pool = poolOf(envelope('a'), envelope('b'), envelope('c'));
    expect(names(pool.take(4 + 2 * 104, 10).envelopes)).toBe('ab');
    expect(names(pool.take(1_000, 10).envelopes)).toBe('c');
    expect(pool.take(1_000, 10).envelopes).toEqual([]);
    expect(pool.size).toBe(3);
  });

  it('stops at the first that does not fit, so that a large one is not passed for ever', () => {
    const pool = poolOf(envelope('a', 100, 3), envelope('b', 100, 9), envelope('c'));
    expect(pool.take(1_000, 10)).toMatchObject({ operationCount: 3 });
    expect(names(pool.take(1_000, 10).envelopes)).toBe('bc');
  });

  it('offers what a lost term proposed again, before what came later', () => {
    const pool = poolOf(envelope('a'), envelope('b'));
    pool.take(1_000, 10);
    pool.add(envelope('c'));
    expect(pool.open).toEqual({ envelopes: 1, operations: 1, bytes: 104 });
    pool.reopen();
    expect(pool.open).toEqual({ envelopes: 3, operations: 3, bytes: 312 });
    expect(names(pool.take(1_000, 10).envelopes)).toBe('abc');
  });

  it('counts what is open through every way out', () => {
    const pool = poolOf(envelope('a'), envelope('b', 50, 4), envelope('c'));
    pool.markProposed('b');
    pool.markProposed('b');
    pool.remove('a');
    pool.remove('a');
    expect(pool.open).toEqual({ envelopes: 1, operations: 1, bytes: 104 });
    pool.remove('b');
    pool.remove('c');
    expect(pool.open).toEqual({ envelopes: 0, operations: 0, bytes: 0 });
    expect(pool.size).toBe(0);
  });

  it('has a bound in bytes', () => {
    const pool = poolOf(envelope('a', 33_554_400));
    expect(pool.hasRoom(32)).toBe(true);
    expect(pool.hasRoom(33)).toBe(false);
    pool.remove('a');
    expect(pool.hasRoom(33_554_432)).toBe(true);
  });

  it('knows the oldest that a client of this replica waits for', () => {
    const pool = poolOf(envelope('a', 1, 1, false), envelope('b'), envelope('c'));
    expect(pool.oldestLocal()?.key).toBe('b');
  });
});
