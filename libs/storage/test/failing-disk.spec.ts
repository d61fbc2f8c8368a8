import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const APPENDER = join(__dirname, 'appender.cjs');
const FIU_RUN = '/usr/bin/fiu-run';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'quorate-disk-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const numbers = (output: string, word: string): number[] =>
  [...output.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, number]) => Number(number));

/** What the journal holds now, on a sound disk. */
function found(): number[] {
  const { stdout } = spawnSync(process.execPath, [APPENDER, folder, '0', '0'], { encoding: 'utf8' });
  return numbers(stdout, 'found');
}

/** Every acknowledged number is there, in order, and none twice. */
function expectKept(durable: readonly number[]): void {
  const held = found();
  expect(held).toEqual([...new Set(held)].sort((left, right) => left - right));
  for (const number of durable) expect(held).toContain(number);
}

describe('a journal on a real disk', () => {
  it('keeps what was acknowledged through kill -9 at any moment', async () => {
    const durable: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      const child = spawn(process.execPath, [APPENDER, folder, '100000', String(round * 100_000)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (numbers(output, 'durable').length > 10 + round * 7) child.kill('SIGKILL');
      });
      await ended;
      durable.push(...numbers(output, 'durable'));
      expectKept(durable);
    }
  });
});

if (existsSync(FIU_RUN)) {
  describe('a journal on a disk that fails', () => {
    it.each([
      ['an input or output error', 5],
      ['no space', 28],
    ])('stops at %s, and lost nothing that it acknowledged', (_, errno) => {
      const durable: number[] = [];
      let faults = 0;
      for (let round = 0; round < 8; round += 1) {
        const fault = `enable_random name=posix/io/rw/pwrite*,failinfo=${errno},probability=0.02`;
        const words = ['-x', '-c', fault, process.execPath, APPENDER, folder, '400', String(round * 1_000)];
        const { stdout } = spawnSync(FIU_RUN, words, { encoding: 'utf8' });
        durable.push(...numbers(stdout, 'durable'));
        if (/^(fault|ended) /m.test(stdout)) faults += 1;
        expectKept(durable);
      }
      expect(faults).toBeGreaterThan(0);
    });
  });
} else {
  it('needs fiu-utils to make a disk fail', () => {
    expect(existsSync(FIU_RUN)).toBe(false);
  });
}
