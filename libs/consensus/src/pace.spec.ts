import { DEFAULT_PARAMETERS } from './limits';
import { notePace, patienceMs, timeoutMs } from './pace';
import type { Pacemaker } from './state';

const pacemaker = (fields: Partial<Pacemaker> = {}): Pacemaker => ({
  termEnteredMs: 0,
  waiting: null,
  longestMs: 0,
  longestAtMs: 0,
  backoff: 0,
  finalSinceBackoff: 0,
  resendAtMs: 0,
  unanswered: 0,
  heartbeatAtMs: 0,
  ...fields,
});
const parameters = { ...DEFAULT_PARAMETERS, timeoutMs: 250, paceMsMax: 2_000, timeoutMsMax: 5_000 };
const after = (waitedMs: number, fields: Partial<Pacemaker> = {}): Pacemaker => {
  const state = pacemaker({ waiting: { sinceMs: 0, timeoutMs: 250 }, ...fields });
  notePace(state, waitedMs);
  return state;
};

describe('the timeout of a term (C-26)', () => {
  it('has a least value on a fast ledger', () => {
    expect(timeoutMs(pacemaker(), parameters, 0)).toBe(250);
    expect(timeoutMs(after(5), parameters, 5)).toBe(250);
  });

  it('is four times the longest recent wait for a final block', () => {
    expect(timeoutMs(after(200), parameters, 200)).toBe(800);
  });

  it('does not rise above the bound of the pace, however slow the ledger was', () => {
    expect(timeoutMs(after(60_000), parameters, 60_000)).toBe(2_000);
  });

  it('falls again: a wait counts half after five seconds, and a shorter one does not renew it', () => {
    const state = after(400);
    state.waiting = { sinceMs: 5_390, timeoutMs: 1_600 };
    notePace(state, 5_400);
    expect(timeoutMs(state, parameters, 5_400)).toBe(800);
    expect(timeoutMs(state, parameters, 60_000)).toBe(250);
  });

  it('learns nothing from a time in which nothing was waited for', () => {
    const state = pacemaker();
    notePace(state, 10_000);
    expect(timeoutMs(state, parameters, 10_000)).toBe(250);
  });

  it('doubles for every failed term, and never beyond its own bound', () => {
    expect(timeoutMs(pacemaker({ backoff: 2 }), parameters, 0)).toBe(1_000);
    expect(timeoutMs(pacemaker({ backoff: 1_000 }), parameters, 0)).toBe(5_000);
    expect(timeoutMs(after(60_000, { backoff: 1_000 }), parameters, 60_000)).toBe(5_000);
  });
});

describe('the patience with something large (C-30)', () => {
  it('is three periods of repetition, or as long as a block lately took, and ends well before the timeout', () => {
    expect(patienceMs(pacemaker(), parameters, 0)).toBe(180);
    expect(patienceMs(after(400), parameters, 400)).toBe(400);
    expect(patienceMs(after(60_000), parameters, 60_000)).toBe(1_000);
  });
});
