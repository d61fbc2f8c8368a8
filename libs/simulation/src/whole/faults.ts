import type { Random } from '../random';

/** Everything that can go wrong in a run, each with a rate of its own. */
export const FAULT_KINDS = [
  'loss',
  'duplicate',
  'delay',
  'one-way partition',
  'partition',
  'flapping partition',
  'leader isolation',
  'process killed',
  'power lost',
  'power lost at a sync',
  'failed sync',
  'rot in the journal',
  'rot in the newest votes',
  'rot in a snapshot',
  'full disk',
  'slow disk',
  'process pause',
  'clock skew',
  'clock jump',
  'epoch change',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Of `loss` and `duplicate` per message, of `failed sync` per sync, of `delay` the longest in ms, of `clock skew` in ms; of the others per step. */
export type FaultRates = Readonly<Record<FaultKind, number>>;

/** How often each kind happened. */
export type FaultCounts = Record<FaultKind, number>;

/** Kinds that strike at a step of the chaos, with the highest rate drawn. */
const STEP_RATES_MAX: Partial<Record<FaultKind, number>> = {
  'one-way partition': 0.03,
  partition: 0.03,
  'flapping partition': 0.015,
  'leader isolation': 0.02,
  'process killed': 0.03,
  'power lost': 0.04,
  'power lost at a sync': 0.05,
  'rot in the journal': 0.02,
  'rot in the newest votes': 0.01,
  'rot in a snapshot': 0.05,
  'full disk': 0.01,
  'slow disk': 0.02,
  'process pause': 0.03,
  'clock jump': 0.02,
  'epoch change': 0.02,
};

export function noFaults(): FaultCounts {
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultCounts;
}

/** The rates of a run: about half of the kinds are left out of it, so that rare combinations get their turn. */
export function drawRates(random: Random, without: readonly FaultKind[] = []): FaultRates {
  const rates = noFaults();
  for (const kind of FAULT_KINDS) {
    const stepMax = STEP_RATES_MAX[kind];
    if (stepMax !== undefined && random.chance(0.6)) rates[kind] = random.between(0, stepMax);
  }
  rates.loss = random.chance(0.5) ? random.between(0, 0.15) : 0;
  rates.duplicate = random.chance(0.5) ? 0.1 : 0;
  rates.delay = random.pick([0, 2, 10, 40]);
  rates['failed sync'] = random.chance(0.3) ? 0.002 : 0;
  rates['clock skew'] = random.chance(0.7) ? random.between(0, 200) : 0;
  for (const kind of without) rates[kind] = 0;
  return rates;
}

/** Kinds that a report should show and does not. */
export function faultsNotSeen(counts: FaultCounts): FaultKind[] {
  return FAULT_KINDS.filter((kind) => counts[kind] === 0);
}
