// Replicas as processes whose network and disks can be made to fail, each started again when it ends, as a worker does.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../../bench/cluster.mjs';
import { Wires } from './wires.mjs';

const restartPauseMs = 250;
const lie = fileURLToPath(new URL('./lying-replica.cjs', import.meta.url));
const fiuRun = '/usr/bin/fiu-run';
const writes = 'posix/io/rw/pwrite*';
const syncs = 'posix/io/sync/*';

/** Whether disks can be made to fail on this machine: Debian's fiu-utils. */
export const disksCanFail = existsSync(fiuRun);

/** The environment of a process whose system calls can be made to fail while it runs. */
function failingEnvironment(root) {
  if (!disksCanFail) return {};
  const { stdout } = spawnSync(fiuRun, ['-n', '-x', 'true'], { encoding: 'utf8' });
  const preload = /LD_PRELOAD="([^"]*)"/.exec(stdout)?.[1];
  mkdirSync(root, { recursive: true });
  return preload === undefined ? {} : { LD_PRELOAD: preload, FIU_ENABLE: '', FIU_CTRL_FIFO: join(root, 'fiu') };
}

/** A cluster under test. `liars`: replicas that lie to the others from the start. */
export class SoakCluster extends Cluster {
  wires = new Wires(this);
  /** Codes with which replicas ended though nobody killed them, and whether their disk was failing then. */
  ends = [];
  failingDisks = new Set();
  #held = new Set();
  #restarts = new Map();
  #over = false;

  static async open(root, count, { liars = [] } = {}) {
    const environment = failingEnvironment(root);
    return this.start(root, count, (index) => ({
      env: environment,
      execArgv: liars.includes(index) ? ['--require', lie] : [],
    }));
  }

  portTo(from, index) {
    return (from === null ? undefined : this.wires.port(from, index)) ?? super.portTo(from, index);
  }

  async startReplica(self) {
    await this.wires.openFrom(self);
    await super.startReplica(self);
    this.#supervise(self);
  }

  #supervise(index) {
    const replica = this.replicas[index];
    replica.child.once('exit', (code, signal) => {
      if (this.#over || this.#held.has(index)) return;
      this.ends.push({ index, code: replica.failure ?? signal ?? `code ${code}`, disk: this.failingDisks.has(index) });
      void this.#up(index);
    });
  }

  /** Never two at once for one replica: two processes must not share a directory. */
  #up(index) {
    const underWay = this.#restarts.get(index);
    if (underWay !== undefined) return underWay;
    const restart = this.#restartUntilUp(index).finally(() => this.#restarts.delete(index));
    this.#restarts.set(index, restart);
    return restart;
  }

  async #restartUntilUp(index) {
    while (!this.#over && !this.#held.has(index) && !this.replicas[index].running) {
      await delay(restartPauseMs);
      // One that cannot start says why, ends, and is tried again.
      await this.restart(index).catch(() => undefined);
    }
  }

  async reconfigure(members) {
    for (const index of this.replicas.keys()) await this.wires.openFrom(index);
    await super.reconfigure(members);
  }

  /** Ends a replica as a power cut would and leaves it ended. */
  async kill(index) {
    this.#held.add(index);
    await this.replicas[index].end('SIGKILL');
  }

  /** Starts killed replicas again. */
  async revive(indexes) {
    for (const index of indexes) this.#held.delete(index);
    await Promise.all(indexes.map((index) => this.#up(index)));
  }

  pause(index) {
    this.replicas[index].child.kill('SIGSTOP');
  }

  resume(index) {
    this.replicas[index].child.kill('SIGCONT');
  }

  /** Makes every write (`full`), or every write and sync now and then (`broken`), of a replica's process fail. */
  failDisk(index, kind) {
    this.failingDisks.add(index);
    const faults =
      kind === 'full'
        ? [`enable name=${writes},failinfo=28`]
        : [writes, syncs].map((name) => `enable_random name=${name},failinfo=5,probability=0.3`);
    this.#control(index, faults);
  }

  mendDisk(index) {
    this.#control(index, [`disable name=${writes}`, `disable name=${syncs}`]);
    this.failingDisks.delete(index);
  }

  #control(index, commands) {
    const { child } = this.replicas[index];
    if (!this.replicas[index].running) return;
    const { FIU_CTRL_FIFO: prefix } = this.options(index).env;
    const words = ['-f', prefix, ...commands.flatMap((command) => ['-c', command]), String(child.pid)];
    execFileSync('/usr/bin/fiu-ctrl', words, { stdio: 'ignore', timeout: 10_000 });
  }

  async stop() {
    this.#over = true;
    for (const { child } of this.replicas) child.kill('SIGCONT');
    await Promise.all(this.replicas.map((replica) => replica.end('SIGKILL')));
    this.wires.close();
    await super.stop();
  }
}
