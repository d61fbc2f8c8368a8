import { AgedCache } from './aged-cache';

describe('aged cache', () => {
  let nowMs = 0;
  const cache = (entriesMax = 10) =>
    new AgedCache<number>({ ageMs: (value) => (value < 0 ? 10 : 100), entriesMax, nowMs: () => nowMs });
  beforeEach(() => (nowMs = 0));

  it('answers from memory until the entry is too old', async () => {
    const answers = [1, 2, 3];
    const load = async () => answers.shift() ?? 0;
    const known = cache();
    expect(await known.get('a', load)).toBe(1);
    nowMs = 99;
    expect(await known.get('a', load)).toBe(1);
    nowMs = 100;
    expect(await known.get('a', load)).toBe(2);
  });

  it('keeps some values for a shorter time', async () => {
    const answers = [-1, 2];
    const load = async () => answers.shift() ?? 0;
    const known = cache();
    await known.get('a', load);
    nowMs = 10;
    expect(await known.get('a', load)).toBe(2);
  });

  it('shares one look-up between callers and forgets a failed one', async () => {
    let calls = 0;
    const failing = async () => {
      calls += 1;
      throw new Error('down');
    };
    const known = cache();
    const answers = await Promise.allSettled([known.get('a', failing), known.get('a', failing)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(1);
    expect(await known.get('a', async () => 7)).toBe(7);
  });

  it('keeps no more entries than allowed', async () => {
    const known = cache(2);
    for (const key of ['a', 'b', 'c']) await known.get(key, async () => 1);
    expect(known.size).toBe(2);
    expect(await known.get('a', async () => 2)).toBe(2);
  });
});
