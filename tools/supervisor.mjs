// Runs the platform's applications as child processes: starts, watches, restarts and stops them.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RotatingLog } from './logs.mjs';

const restartMsMin = 250;
const restartMsMax = 10_000;
// An application that lived this long is taken as sound: its next restart is immediate again.
const soundAfterMs = 30_000;
const stopMsMax = 15_000;
const tailLinesMax = 12;
const lineBytesMax = 64 * 1024;

/** Splits a child's output into lines of bounded length. */
function eachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    if (rest.length > lineBytesMax) {
      lines.push(rest);
      rest = '';
    }
    for (const line of lines) take(line);
  });
  stream.on('end', () => rest !== '' && take(rest));
  stream.on('error', () => undefined);
}

/** One supervised application. `onLine` may swallow a line (returns true) so that it reaches no log file. */
export class Application {
  #options;
  #child = null;
  #wanted = false;
  #restarts = 0;
  #tail = [];
  #log = null;
  #timer = null;

  constructor(options) {
    this.#options = options;
  }

  get name() {
    return this.#options.name;
  }

  get pid() {
    return this.#child?.pid ?? null;
  }

  get running() {
    return this.#child !== null;
  }

  /** The newest lines of the output, to explain a start that failed. */
  get tail() {
    return [...this.#tail];
  }

  start() {
    this.#wanted = true;
    if (this.#child !== null) return;
    clearTimeout(this.#timer);
    const { name, script, env, logFolder, guard, cwd } = this.#options;
    this.#log ??= new RotatingLog(join(logFolder, `${name}.log`));
    const child = fork(script, [], {
      cwd,
      env,
      execArgv: ['--require', guard, '--enable-source-maps'],
      serialization: 'advanced',
      // Its own process group: Ctrl-C reaches the supervisor only, which stops its children in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const startedAt = Date.now();
    eachLine(child.stdout, (line) => this.#take(line));
    eachLine(child.stderr, (line) => this.#take(line));
    child.on('message', (message) => this.#options.onMessage?.(message, this));
    child.on('error', (error) => this.#take(`${name}: ${error.message}`));
    child.once('exit', (code, signal) => this.#ended(child, code, signal, Date.now() - startedAt));
  }

  #take(line) {
    if (this.#options.onLine?.(line) === true) return;
    this.#tail.push(line);
    if (this.#tail.length > tailLinesMax) this.#tail.shift();
    this.#log?.write(Buffer.from(`${line}\n`));
  }

  #ended(child, code, signal, livedMs) {
    if (this.#child !== child) return;
    this.#child = null;
    const cause = signal ?? `code ${code}`;
    this.#log?.write(Buffer.from(`${this.name} ended: ${cause}\n`));
    if (!this.#wanted) return;
    if (livedMs >= soundAfterMs) this.#restarts = 0;
    const waitMs = Math.min(restartMsMin * 2 ** this.#restarts, restartMsMax);
    this.#restarts += 1;
    const restart = this.#options.onEnd?.({ name: this.name, cause, waitMs }) ?? true;
    if (restart) this.#timer = setTimeout(() => this.#wanted && this.start(), waitMs);
  }

  /** Ends the process at once, as a crash of the machine would, and leaves it ended. */
  async kill() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
    await this.#gone(stopMsMax);
  }

  /** Asks for an orderly stop and enforces it after a bounded wait. */
  async stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child !== null) {
      child.kill('SIGTERM');
      if (!(await this.#gone(stopMsMax))) {
        child.kill('SIGKILL');
        await this.#gone(stopMsMax);
      }
    }
    this.#log?.close();
    this.#log = null;
  }

  async #gone(waitMs) {
    const deadline = Date.now() + waitMs;
    while (this.#child !== null) {
      if (Date.now() > deadline) return false;
      await delay(20);
    }
    return true;
  }
}
