import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(3_600_000);

const APPENDER = join(__dirname, 'appender.cjs');
const KEEPER = join(__dirname, 'keeper.cjs');
const FIU_RUN = '/usr/bin/fiu-run';

/** `npm run corrupt` asks for more. */
const ROUNDS = process.env.QUORATE_DISK_ROUNDS;
const KILLS = Number(ROUNDS ?? 6);
const FAULTS = Number(ROUNDS ?? 4);
const CALLS = ['posix/io/sync/*', 'posix/io/*', 'posix/io/oc/*', 'posix/io/dir/*', 'posix/io/rw/*'];

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'quorate-disk-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const numbers = (output: string, word: string): number[] =>
  [...output.matchAll(new RegExp(`^${word} (\\d+)`, 'gm'))].map(([, number]) => Number(number));

const lines = (output: string): number => output.split('\n').filter((line) => line.startsWith('durable')).length;

/** Runs a program that says what is durable and kills it when it has said so often enough. */
async function runAndKill(words: readonly string[], durableMax: number): Promise<string> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (lines(output) > durableMax) child.kill('SIGKILL');
  });
  await ended;
  return output;
}

/** Runs a program on a disk that fails now and then at one kind of call. */
function runOnFailingDisk(words: readonly string[], call: string, errno: number, probability: number): string {
  const fault = `enable_random name=${call},failinfo=${errno},probability=${probability}`;
  return spawnSync(FIU_RUN, ['-x', '-c', fault, process.execPath, ...words], { encoding: 'utf8' }).stdout;
}

/** Every acknowledged number is in the journal, in order, and none twice. */
function expectAppended(durable: readonly number[]): void {
  const { stdout } = spawnSync(process.execPath, [APPENDER, folder, '0', '0'], { encoding: 'utf8' });
  const held = numbers(stdout, 'found');
  expect(held).toEqual([...new Set(held)].sort((left, right) => left - right));
  const known = new Set(held);
  expect(durable.filter((number) => !known.has(number))).toEqual([]);
}

/** Whatever was said to be durable in an archive, and of snapshots the newest ones, is there and whole. */
function expectKept(output: string): void {
  const { stdout } = spawnSync(process.execPath, [KEEPER, folder, '0'], { encoding: 'utf8' });
  expect(stdout).toMatch(/^done$/m);
  const [held] = numbers(stdout, 'block');
  for (const height of numbers(output, 'durable block')) expect(held).toBeGreaterThanOrEqual(height);
  const archived = numbers(stdout, 'archived');
  for (const height of numbers(output, 'durable archived')) expect(archived).toContain(height);
  const newest = numbers(output, 'durable snapshot').at(-1) ?? 0;
  if (newest > 0) expect(Math.max(...numbers(stdout, 'snapshot'))).toBeGreaterThanOrEqual(newest);
}

describe('kill -9 at any moment', () => {
  it('leaves a journal with all that was acknowledged', async () => {
    const durable: number[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const output = await runAndKill([APPENDER, folder, '100000', String(round * 100_000)], 10 + (round % 40) * 7);
      durable.push(...numbers(output, 'durable'));
      expectAppended(durable);
    }
  });

  it('leaves an archive and snapshots with all that was acknowledged', async () => {
    let output = '';
    for (let round = 0; round < KILLS; round += 1) {
      output += await runAndKill([KEEPER, folder, '1000'], 1 + (round % 7));
      expectKept(output);
    }
  });
});

if (existsSync(FIU_RUN)) {
  describe.each([
    ['an input or output error', 5],
    ['no space', 28],
  ])('a disk that fails with %s', (_, errno) => {
    it('stops a journal, which has lost nothing that it acknowledged', () => {
      const durable: number[] = [];
      let faults = 0;
      for (let round = 0; round < FAULTS; round += 1) {
        const words = [APPENDER, folder, '400', String(round * 1_000)];
        const output = runOnFailingDisk(words, 'posix/io/rw/pwrite*', errno, 0.02);
        durable.push(...numbers(output, 'durable'));
        if (/^(fault|ended) /m.test(output)) faults += 1;
        expectAppended(durable);
      }
      expect(faults).toBeGreaterThan(0);
    });

    it.each(CALLS.slice(0, ROUNDS === undefined ? 2 : CALLS.length))(
      'at %s fails what an archive or a snapshot was about to get, and nothing that is there',
      (call) => {
        let output = '';
        let faults = 0;
        for (let round = 0; round < Math.ceil(FAULTS / 2); round += 1) {
          // Loading the program reads hundreds of files.
          const probability = call.includes('sync') ? 0.02 : 0.002;
          const said = runOnFailingDisk([KEEPER, folder, '12'], call, errno, probability);
          if (!/^done$/m.test(said)) faults += 1;
          expect(said).not.toMatch(/another one|ends at/);
          output += said;
          expectKept(output);
        }
        if (ROUNDS !== undefined) process.stdout.write(`${call}: ${faults} of ${FAULTS / 2} runs failed\n`);
      },
    );
  });
} else {
  it('needs fiu-utils to make a disk fail', () => {
    expect(existsSync(FIU_RUN)).toBe(false);
  });
}
