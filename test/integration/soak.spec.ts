import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const root = resolve(__dirname, '../..');

describe('four replicas as processes, with faults, and with one that lies', () => {
  it('lose nothing, double nothing and agree, as far as any client can see', async () => {
    // The short variant of `npm run soak`; a seed of its own each time, which the output names.
    const soak = spawn(process.execPath, [join(root, 'tools/soak.mjs'), '--minutes', '1.2'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => soak.once('exit', done));
    const output = await text(soak.stdout);
    process.stdout.write(output);
    expect([await ended, output.trim().split('\n').at(-1)]).toEqual([0, 'Everything held.']);
  });
});
