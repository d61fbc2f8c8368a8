// A process that runs tests on a changed libs/consensus, as often as asked; one that goes round in circles is ended and replaced.
import { fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), 'test-process.cjs');
/** Tests whose change makes them this many times as long, beyond the time of a start, go round in circles. */
const timesLongerMax = 10;
const startMs = 10_000;

export class Bench {
  #child = null;

  /** All tests, how long each takes, and what it reaches. */
  survey() {
    return this.#ask({ survey: true }, null);
  }

  /** `null` if no test notices, else the name of the one that does and why. */
  async run({ file, code, source }, tests) {
    const limitMs = startMs + timesLongerMax * tests.reduce((sum, { ms }) => sum + ms, 0);
    const wanted = tests.map(({ path, name, title }) => ({ path, name, title }));
    const answer = await this.#ask({ file, code, source, tests: wanted }, limitMs);
    return answer === null ? { name: 'time', message: 'it goes round in circles' } : answer.failure;
  }

  end() {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #ask(message, limitMs) {
    this.#child ??= fork(program, { serialization: 'advanced' });
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const ended = (code, signal) => {
        clearTimeout(limit);
        this.#child = null;
        if (signal === 'SIGKILL') resolve(null);
        else reject(new Error(`the tests' process ended with ${signal ?? code}`));
      };
      const limit = limitMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
      child.once('exit', ended);
      child.once('message', (answer) => {
        clearTimeout(limit);
        child.off('exit', ended);
        resolve(answer);
      });
      child.send(message);
    });
  }
}
