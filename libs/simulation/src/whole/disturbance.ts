import { FAULT_KINDS, type FaultKind, type FaultRates } from './faults';
import type { Machine } from './machine';
import type { World } from './world';

const HOLD_MS_MIN = 50;
const HOLD_MS_MAX = 800;
const FLAP_MS = 60;
const FLAPS = 8;
const SLOW_SYNC_MS = 60;
/** Rot strikes votes among the last bytes of the journal. */
const VOTE_BYTES = 3_000;
/** Files of the journal. */
const JOURNAL = 'journal/journal-';

/** Lets faults happen in a world, at the rates of its run. */
export class Disturbance {
  constructor(
    private readonly world: World,
    private readonly rates: FaultRates,
  ) {}

  /** What lasts for a whole storm. */
  begin(): void {
    const { world, rates } = this;
    const { network, random, counts } = world;
    network.lossRate = rates.loss;
    network.duplicateRate = rates.duplicate;
    network.slowestMs = rates.delay;
    for (const { drive } of world.machines) {
      const slowestMs = random.pick([0.2, 1, 8]);
      drive.condition.syncMs = () => random.between(0.1, slowestMs);
      drive.condition.errorRate = rates['failed sync'];
    }
    if (rates['clock skew'] === 0) return;
    counts['clock skew'] += 1;
    for (const machine of world.machines)
      machine.skewNs = nanoseconds(random.between(-rates['clock skew'], rates['clock skew']));
  }

  /** One chance for each kind. */
  step(): void {
    const { world } = this;
    for (const { drive } of world.machines) {
      world.counts['failed sync'] += drive.counts.errors;
      drive.counts.errors = 0;
    }
    for (const kind of FAULT_KINDS) {
      const strike = this.strikes[kind];
      if (strike !== undefined && world.random.chance(this.rates[kind]) && strike()) world.counts[kind] += 1;
    }
  }

  private readonly strikes: Partial<Record<FaultKind, () => boolean>> = {
    'one-way partition': () => this.cut((victim) => (from) => from === victim),
    partition: () => {
      const side = this.world.machines.map(() => this.world.random.chance(0.5));
      return this.cut(() => (from, to) => side[from] !== side[to]);
    },
    'flapping partition': () => this.flap(),
    'leader isolation': () => {
      const leader = this.leader();
      return leader !== null && this.cut(() => (from, to) => from === leader.index || to === leader.index);
    },
    'process killed': () => this.end(false),
    'power lost': () => this.end(true),
    'power lost at a sync': () => this.endAtSync(),
    'rot in the journal': () => this.rotJournal(undefined),
    'rot in the newest votes': () => this.rotJournal(VOTE_BYTES),
    'rot in a snapshot': () => this.rot('snapshots/', undefined, () => true),
    'full disk': () => this.fillDisk(),
    'slow disk': () => this.slowDisk(),
    'process pause': () => this.running((machine) => machine.pause(this.hold())),
    'clock jump': () =>
      this.running((machine) => {
        this.world.noteClocks();
        machine.skewNs += nanoseconds(this.world.random.pick([-10_000, -1_000, 1_000, 10_000, 3_600_000]));
      }),
    'epoch change': () => this.changeEpoch(),
  };

  private hold(): number {
    return this.world.random.between(HOLD_MS_MIN, HOLD_MS_MAX);
  }

  private running(strike: (machine: Machine) => void): boolean {
    const machines = this.world.machines.filter(({ state }) => state === 'on');
    if (machines.length === 0) return false;
    strike(this.world.random.pick(machines));
    return true;
  }

  private leader(): Machine | null {
    const { world } = this;
    for (const { core } of world.machines) {
      const status = core?.status();
      if (status === undefined || status.leader < 0) continue;
      const index = world.machines.findIndex((machine) => world.indexOf(status.epoch, machine.index) === status.leader);
      return world.machines[index] ?? null;
    }
    return null;
  }

  private cut(hits: (victim: number) => (from: number, to: number) => boolean): boolean {
    const { network, machines, random } = this.world;
    network.cut(machines.length, hits(random.below(machines.length)), this.hold());
    return true;
  }

  private flap(): boolean {
    const { network, machines, random, scheduler } = this.world;
    const victim = random.below(machines.length);
    for (let flap = 0; flap < FLAPS; flap += 1)
      scheduler.after(flap * FLAP_MS, () =>
        network.cut(machines.length, (from, to) => from === victim || to === victim, FLAP_MS / 2),
      );
    return true;
  }

  private end(power: boolean): boolean {
    return this.running((machine) => this.endNow(machine, power));
  }

  private endNow(machine: Machine, power: boolean): void {
    machine.stop(power);
    this.world.scheduler.after(this.hold(), () => this.world.start(machine.index));
  }

  /** The next write that reaches the medium does so as the power fails: before anyone is told, or in part. */
  private endAtSync(): boolean {
    return this.running((machine) => machine.drive.atNextSync(() => this.endNow(machine, true)));
  }

  /** The power of a machine fails, and what it finds on its drive afterwards is damaged. */
  private rot(prefix: string, lastBytes: number | undefined, mayStrike: (machine: Machine) => boolean): boolean {
    const { random, machines } = this.world;
    const running = machines.filter((machine) => machine.state === 'on' && mayStrike(machine));
    if (running.length === 0) return false;
    const machine = random.pick(running);
    this.endNow(machine, true);
    if (!machine.drive.rot(prefix, lastBytes)) return false;
    if (prefix === JOURNAL) this.world.damaged.add(machine.index);
    return true;
  }

  /** Only where one more replica may be without its memory. */
  private rotJournal(lastBytes: number | undefined): boolean {
    const { world } = this;
    const mayStrike = ({ index }: Machine): boolean => world.damaged.has(index) || world.damageLeft > 0;
    return this.rot(JOURNAL, lastBytes, mayStrike);
  }

  private fillDisk(): boolean {
    return this.running((machine) => {
      machine.drive.condition.full = true;
      this.world.scheduler.after(this.hold(), () => (machine.drive.condition.full = false));
    });
  }

  private slowDisk(): boolean {
    return this.running(({ drive: { condition } }) => {
      const { syncMs } = condition;
      condition.syncMs = () => SLOW_SYNC_MS;
      this.world.scheduler.after(this.hold(), () => (condition.syncMs = syncMs));
    });
  }

  /** Another replica set, in which liars and machines without memory are as few as it tolerates. */
  private changeEpoch(): boolean {
    const { world } = this;
    const usable = [...world.machines.keys()].filter((index) => world.isHonest(index) && !world.damaged.has(index));
    if (world.options.spares === 0 || usable.length === 0) return false;
    for (let last = usable.length - 1; last > 0; last -= 1) {
      const other = world.random.below(last + 1);
      [usable[last], usable[other]] = [usable[other], usable[last]];
    }
    const sizes = [1, 2, 3, 4, 4, 4, 5, 7].filter((size) => size <= usable.length);
    const members = usable.slice(0, world.random.pick(sizes));
    for (const index of members) if (world.random.chance(KEY_ROTATION_SHARE)) world.machines[index].generation += 1;
    world.reconfigure(members);
    return true;
  }
}

/** Share of the members of a new configuration that get another key with it. */
const KEY_ROTATION_SHARE = 0.3;

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
