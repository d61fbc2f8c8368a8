import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Set here, called by `tools/jest-environment.cjs` as soon as a test or a hook failed. */
declare global {
  var quorateOnFailure: ((test: string) => Promise<void>) | undefined;
}

type Keeper = (folder: string, test: string) => Promise<void> | void;

const keepers = new Set<Keeper>();
const keptMax = 5;
let kept = 0;
let folder: string | null = null;

globalThis.quorateOnFailure = async (test) => {
  if (keepers.size === 0 || kept >= keptMax) return;
  kept += 1;
  const place = join(evidenceFolder(), String(kept));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'test.txt'), `${test}\n`);
  for (const keep of keepers) await Promise.resolve(keep(place, test)).catch(() => undefined);
  process.stderr.write(`what was there when "${test}" failed is kept in ${place}\n`);
};

function evidenceFolder(): string {
  const named = process.env.QUORATE_FAILURES;
  if (named) mkdirSync(named, { recursive: true });
  folder ??= mkdtempSync(join(named ?? tmpdir(), 'quorate-failure-'));
  return folder;
}

/** Has something written to a folder when a test of this file fails; returns how to end that. */
export function keepOnFailure(keeper: Keeper): () => void {
  keepers.add(keeper);
  return () => void keepers.delete(keeper);
}

/** Keeps copies of the log files below a folder. */
export function keepLogs(logs: string): () => void {
  return keepOnFailure((place) => cpSync(logs, join(place, 'logs'), { recursive: true }));
}

/**
 * Says that the tests of this file build on each other: none is tried a second time by itself, and after one that failed
 * the others are not tried at all.
 */
export function isJourney(): void {
  jest.retryTimes(0);
  let failed: string | null = null;
  keepOnFailure((_, test) => {
    failed ??= test;
    // What the tests after it find is nothing new.
    kept = keptMax;
  });
  beforeEach(() => {
    if (failed !== null) throw new Error(`not tried, because "${failed}" failed`);
  });
}
