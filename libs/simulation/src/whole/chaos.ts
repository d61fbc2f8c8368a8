import { Random } from '../random';
import { drawRates, type FaultCounts, type FaultKind, type FaultRates } from './faults';
import { Disturbance } from './disturbance';
import { World, entriesHeld, type WorldOptions } from './world';
import { ADVERSARIES, type AdversaryName } from '../adversary';

/** What a run of whole replicas found. */
export interface WholeOutcome {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Everything submitted was acknowledged, and is held by every honest member, in time after each storm. */
  readonly recovered: boolean;
  /** Longest time that took, ms. */
  readonly recoveryMs: number;
  readonly faults: FaultCounts;
  readonly adversary: AdversaryName | null;
  readonly messages: number;
  readonly blocks: number;
  /** Epoch that was reached. */
  readonly epoch: number;
  readonly termsGivenUp: number;
  readonly acknowledged: number;
  readonly reads: number;
  /** Of them, those that had to reflect everything acknowledged before. */
  readonly fencedReads: number;
  /** Entries that the fullest core held at any time looked at. */
  readonly entriesMax: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly traceHash: string;
}

/** One run: how many replicas, for how long, who lies, what goes wrong. */
export interface WholeScenario extends WorldOptions {
  readonly adversary: AdversaryName | null;
  readonly rates: FaultRates;
  readonly storms: number;
  readonly stormMs: number;
  /** Time with little load and no faults after each storm. */
  readonly calmMs: number;
  /** That transfers are submitted, at each step of a storm. */
  readonly load: number;
}

/** After the faults have ended, everything submitted is final and executed everywhere within this time. */
export const HEAL_MS_MAX = 15_000;

/** A core of correct replicas holds fewer entries than this, whatever a liar sends: windows, peers and epochs bound them all. */
export const ENTRIES_MAX = 4_000;

const STEP_MS = 50;
const CALM_STEP_MS = 3_000;
const PLAN_SALT = 0x0a11_0001;
/** In one of so many runs votes are signed with Ed25519. */
const REAL_VOTES_EVERY = 100;

/** The run that a seed stands for. */
export function wholeScenario(seed: number, without: readonly FaultKind[] = []): WholeScenario {
  const random = new Random(seed ^ PLAN_SALT);
  const replicaCount = random.chance(0.02) ? 10 : random.pick([1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 6, 7]);
  // Messages grow with the square of the replicas.
  const large = replicaCount > 5;
  const names = Object.keys(ADVERSARIES) as AdversaryName[];
  const adversary = replicaCount >= 4 && random.chance(0.4) ? random.pick(names) : null;
  const rates = drawRates(random, without);
  return {
    seed,
    replicaCount,
    spares: rates['epoch change'] > 0 ? random.pick([1, 2, 4]) : 0,
    traitor: adversary === null ? null : random.below(replicaCount),
    realVotes: seed % REAL_VOTES_EVERY === 0,
    paced: random.chance(0.5),
    adversary,
    rates,
    storms: 2,
    stormMs: large ? 500 : random.pick([600, 1_000, 2_000]),
    calmMs: random.pick([9_000, 13_000]),
    load: large ? 0.05 : random.pick([0.05, 0.15, 0.3]),
  };
}

/** Storms of faults under load, after each of which everything must get done, and nothing may ever go wrong. */
export async function runWhole(scenario: WholeScenario): Promise<WholeOutcome> {
  const run = new WholeRun(scenario);
  return run.run();
}

class WholeRun {
  private readonly world: World;
  private recoveryMs = 0;
  private entriesMax = 0;

  constructor(private readonly scenario: WholeScenario) {
    this.world = new World(scenario);
    const { adversary, traitor } = scenario;
    if (adversary !== null && traitor !== null) this.world.intercept = ADVERSARIES[adversary](this.world, traitor);
  }

  async run(): Promise<WholeOutcome> {
    const { world, scenario } = this;
    world.startAll();
    world.workload.setUp();
    await world.runFor(20);
    let recovered = true;
    for (let storm = 0; storm < scenario.storms && recovered; storm += 1) {
      await this.storm();
      recovered = await this.heal();
      recovered &&= await this.calm();
    }
    if (recovered) await this.judge();
    return this.outcome(recovered);
  }

  private async storm(): Promise<void> {
    const { world, scenario } = this;
    const { random, workload } = world;
    const disturbance = new Disturbance(world, scenario.rates);
    disturbance.begin();
    const endMs = world.nowMs + scenario.stormMs;
    while (world.nowMs < endMs) {
      disturbance.step();
      if (random.chance(scenario.load)) for (let count = random.below(3); count >= 0; count -= 1) workload.transfer();
      workload.read();
      this.look();
      await world.runFor(STEP_MS);
    }
  }

  /** The faults end; whether everything that was submitted got done everywhere in time. */
  private async heal(): Promise<boolean> {
    const { world } = this;
    world.network.heal();
    for (const machine of world.machines) {
      const { condition } = machine.drive;
      condition.syncMs = () => 0.3;
      condition.errorRate = 0;
      condition.full = false;
      world.noteClocks();
      machine.skewNs = 0n;
    }
    world.startAll();
    world.workload.transfer();
    const startMs = world.nowMs;
    const done = await world.runFor(HEAL_MS_MAX, () => world.workload.isDone && this.isLevel());
    this.recoveryMs = Math.max(this.recoveryMs, world.nowMs - startMs);
    if (done) world.dismiss();
    return done;
  }

  /** Every honest member has executed everything that is final anywhere. */
  private isLevel(): boolean {
    const { world } = this;
    const honest = world.members.filter((index) => world.isHonest(index) && world.machines[index].state !== 'lost');
    return honest.every((index) => {
      const status = world.machines[index].core?.status();
      return status !== undefined && status.executedHeight >= world.workload.heightSeen;
    });
  }

  private async calm(): Promise<boolean> {
    const { world, scenario } = this;
    const endMs = world.nowMs + scenario.calmMs;
    while (world.nowMs < endMs) {
      world.workload.transfer();
      await world.runFor(CALM_STEP_MS);
      world.workload.read();
      this.look();
    }
    return world.runFor(HEAL_MS_MAX, () => world.workload.isDone && this.isLevel());
  }

  private look(): void {
    for (const { core, index } of this.world.machines) {
      if (core === null) continue;
      const entries = entriesHeld(core);
      this.entriesMax = Math.max(this.entriesMax, entries);
      if (entries > ENTRIES_MAX && this.world.isHonest(index))
        this.world.report(`MEMORY: replica ${index} holds ${entries} entries`);
    }
  }

  private async judge(): Promise<void> {
    for (const machine of this.world.serving()) await this.world.workload.readAll(machine);
  }

  private outcome(recovered: boolean): WholeOutcome {
    const { world, scenario } = this;
    return {
      seed: scenario.seed,
      violations: world.checker.violations,
      recovered,
      recoveryMs: this.recoveryMs,
      faults: world.counts,
      adversary: scenario.adversary,
      messages: world.messages,
      blocks: world.checker.finalHeightMax,
      epoch: world.checker.newestConfiguration.epoch,
      termsGivenUp: world.termsGivenUp.size,
      acknowledged: world.workload.acknowledged,
      reads: world.workload.reads,
      fencedReads: world.workload.fencedReads,
      entriesMax: this.entriesMax,
      simulatedMs: world.nowMs,
      events: world.scheduler.tasksRun,
      traceHash: world.trace.hash(),
    };
  }
}
