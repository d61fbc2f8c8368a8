// Percentiles, hardware and tables for the benchmark's report.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** Each mix runs unmeasured for so long, on the ledger and on its peer. */
export const warmUpMs = 3_000;

/** The value below which `share` (0 to 1) of the samples lie; nearest rank. */
export function percentile(samples, share) {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

export const ms = (value) => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
export const perSecond = (value) => Math.round(value).toLocaleString('en-US');

/** One line that says what the figures were measured on. */
export function hardware(directory) {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  let fileSystem = 'unknown file system';
  try {
    fileSystem = execFileSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).trim();
  } catch {
    // `stat` is a courtesy: the figures stand without the name of the file system.
  }
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} × ${processor}, ${memory}, ${fileSystem}, Linux ${release()}, Node ${process.version}`;
}

/** Prints a Markdown table. */
export function printTable(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  console.log([line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n') + '\n');
}

/** Runs `task(lane)` again and again on `lanes` lanes until `forMs` have passed; waits for all to end. */
export async function runFor(forMs, lanes, task) {
  const endsAt = performance.now() + forMs;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < endsAt) await task(lane);
    }),
  );
  return (performance.now() - began) / 1000;
}
