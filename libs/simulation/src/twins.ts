import {
  Core,
  cutRange,
  type Block,
  type Effect,
  type FinalizedEffect,
  type Instant,
  type Message,
  type Recipient,
} from '@quorate/consensus';
import { equalBytes, hex } from '@quorate/crypto';
import { FIRST_EPOCH, faultsTolerated, genesisId, type Certificate, type Genesis } from '@quorate/protocol';
import { Checker } from './checker';
import { OPERATION_BYTES, SimulatedExecutor } from './executor';
import { Random } from './random';
import { forked } from './fork';
import type { EventContent } from './replica';
import { simulatedGenesis, simulatedKey, simulatedSignature, simulatedVerify } from './signing';

/*
 * Twins (Bano et al., 2020): a liar is two honest copies under one key that do not know of each other, so that it says two different
 * things whenever the partitions make its copies see different worlds. No attack is written down; the scenarios find them.
 */

/** Who leads a round and who hears whom. */
export interface TwinsRound {
  readonly leader: number;
  /** Side of the network on which each copy is. */
  readonly sides: readonly number[];
  /** Messages that arrive in one pass before the others are lost. */
  readonly deliveriesMax: number;
  readonly passes: number;
  /** Blocks that each copy may propose. */
  readonly proposals: number;
}

export interface TwinsScenario {
  readonly replicaCount: number;
  /** Replicas that run twice. */
  readonly twins: readonly number[];
  readonly rounds: readonly TwinsRound[];
  /** After the last round there is one network again, and every honest replica must get something new done. */
  readonly healed: boolean;
}

export interface TwinsOutcome {
  readonly violations: readonly string[];
  readonly finalHeight: number;
  readonly deliveries: number;
  /** False if it was healed and some honest replica applied nothing new. */
  readonly recovered: boolean;
}

/** One copy of a replica. */
interface Copy {
  readonly index: number;
  readonly replica: number;
  readonly core: Core;
  readonly executor: SimulatedExecutor;
  readonly blocks: Map<string, Block>;
  readonly chain: Block[];
  readonly certificates: Map<number, Certificate>;
  /** Blocks that it may still propose in this round. */
  proposals: number;
}

interface Envelope {
  readonly from: Copy;
  readonly to: Copy;
  readonly message: Message;
}

const ROUNDS_MIN = 2;
const ROUNDS_MAX = 4;
/** Passes of a round; before each a repetition interval goes by, so that lost messages come again. */
const PASSES_MAX = 2;
/** Share of the rounds with more than one pass, or more than one new block. */
const LONGER_SHARE = 0.25;
const PASS_MS = 65;
const PROPOSALS_MAX = 2;
/** Progress is judged in one of so many scenarios: it takes as long as all the rest. */
const HEALED_EVERY = 16;
const TERMS_CALM_MAX = 12;
const PASSES_CALM = 4;
const DELIVERIES_MAX = 20_000;
const START_NS = 1_700_000_000_000_000_000n;

/** Scenarios of one family have the same leaders and begin alike: they part before the last round but one, and again before the last. */
export const TWINS_FAMILY = 16;
const LAST_ROUNDS = 4;
/** One family in so many has seven replicas, two of them twice. */
const LARGE_EVERY = 20;
const ROUND_SALT = 0x9e37_79b1;

/** The scenario of a seed: who lies, and a leader and a partition for each round. */
export function twinsScenario(seed: number, twinCount?: number): TwinsScenario {
  const family = Math.floor(seed / TWINS_FAMILY);
  const random = new Random(family);
  const replicaCount = family % LARGE_EVERY === 0 ? 7 : 4;
  const liars = twinCount ?? faultsTolerated(replicaCount);
  const first = random.below(replicaCount);
  const twins = Array.from({ length: liars }, (_, index) => (first + index) % replicaCount);
  const count = ROUNDS_MIN + random.below(ROUNDS_MAX - ROUNDS_MIN + 1);
  const rounds = Array.from({ length: count }, (_, index) => {
    const left = count - 1 - index;
    // What decides a round: the family, which of its branches, the seed itself.
    const branch = left >= 2 ? family : left === 1 ? Math.floor(seed / LAST_ROUNDS) : seed;
    // Mostly a liar leads: an honest leader's round finds little.
    const leader = random.chance(0.6) ? random.pick(twins) : random.below(replicaCount);
    return { leader, ...drawNetwork(new Random(Math.imul(branch, ROUND_SALT) ^ index), replicaCount + liars) };
  });
  return { replicaCount, twins, rounds, healed: seed % HEALED_EVERY === 0 };
}

function drawNetwork(random: Random, copies: number): Omit<TwinsRound, 'leader'> {
  const sideCount = random.pick([1, 2, 2, 2, 3]);
  return {
    sides: Array.from({ length: copies }, () => random.below(sideCount)),
    deliveriesMax: random.chance(0.5) ? DELIVERIES_MAX : 10 + random.below(60),
    passes: random.chance(LONGER_SHARE) ? PASSES_MAX : 1,
    proposals: random.chance(LONGER_SHARE) ? PROPOSALS_MAX : 1,
  };
}

const genesisOf = new Map<number, Genesis>();

function genesisFor(replicaCount: number): Genesis {
  const genesis = genesisOf.get(replicaCount) ?? simulatedGenesis(replicaCount, 1);
  genesisOf.set(replicaCount, genesis);
  return genesis;
}

/** Runs a scenario without a clock or a disk: a round ends when nothing moves any more, then every copy gives the term up. */
export function runTwins(scenario: TwinsScenario): TwinsOutcome {
  return new TwinsRun(scenario).run();
}

/** Runs consecutive seeds, and what several of them begin with only once. Outcomes are those of each scenario alone. */
export function runTwinsSeeds(from: number, count: number): { outcomes: TwinsOutcome[]; deliveries: number } {
  const outcomes: TwinsOutcome[] = [];
  let deliveries = 0;
  for (let seed = from; seed < from + count;) {
    const familyEnd = (Math.floor(seed / TWINS_FAMILY) + 1) * TWINS_FAMILY;
    const scenarios: TwinsScenario[] = [];
    for (; seed < Math.min(familyEnd, from + count); seed += 1) scenarios.push(twinsScenario(seed));
    const run = new TwinsRun(scenarios[0]);
    outcomes.push(...run.runAll(scenarios));
    deliveries += run.schedule.deliveries;
  }
  return { outcomes, deliveries };
}

/** What the forks of a run have in common: the rounds under way, and how much was delivered in all of them. */
interface Schedule {
  rounds: readonly TwinsRound[];
  deliveries: number;
}

class TwinsRun {
  private readonly checker: Checker;
  private readonly copies: Copy[];
  private queue: Envelope[] = [];
  private round: TwinsRound;
  private now: Instant = { nowMs: 0, timeNs: START_NS };
  private operation = 0;
  private deliveries = 0;
  readonly schedule: Schedule;

  constructor(private scenario: TwinsScenario) {
    const { replicaCount, twins, rounds } = scenario;
    this.schedule = { rounds, deliveries: 0 };
    const genesis = genesisFor(replicaCount);
    this.checker = new Checker(genesis, (replica) => !twins.includes(replica));
    [this.round] = rounds;
    const replicas = [...genesis.replicas.keys(), ...twins];
    this.copies = replicas.map((replica, index) => {
      const core = new Core({
        genesis,
        signer: (key) =>
          equalBytes(key, simulatedKey(replica)) ? (preimage) => simulatedSignature(replica, preimage) : null,
        verify: simulatedVerify,
        countOperations: (body) => body.length / OPERATION_BYTES,
      });
      setLeaders(core, this.schedule, replicaCount);
      return {
        index,
        replica,
        core,
        executor: new SimulatedExecutor(genesisId(genesis)),
        blocks: new Map<string, Block>(),
        chain: [],
        certificates: new Map<number, Certificate>(),
        proposals: 0,
      };
    });
  }

  run(): TwinsOutcome {
    return this.runAll([this.scenario])[0];
  }

  /** Scenarios of one family, in the order given. */
  runAll(scenarios: readonly TwinsScenario[]): TwinsOutcome[] {
    for (const copy of this.copies) this.boot(copy);
    return this.goOn(scenarios, 0);
  }

  /** Plays the scenarios, which are alike up to this round, to their ends; neighbours that are alike in it too stay together. */
  private goOn(scenarios: readonly TwinsScenario[], index: number): TwinsOutcome[] {
    if (index === scenarios[0].rounds.length)
      return scenarios.map((scenario) => (scenarios.length === 1 ? this.with(scenario) : this.fork(scenario)).end());
    const outcomes: TwinsOutcome[] = [];
    for (let first = 0; first < scenarios.length;) {
      const { rounds } = scenarios[first];
      const name = JSON.stringify(rounds[index]);
      let next = first + 1;
      while (next < scenarios.length && JSON.stringify(scenarios[next].rounds[index]) === name) next += 1;
      const branch = next === scenarios.length ? this : this.fork(scenarios[first]);
      this.schedule.rounds = rounds;
      branch.play(rounds[index]);
      branch.changeTerm();
      outcomes.push(...branch.goOn(scenarios.slice(first, next), index + 1));
      first = next;
    }
    return outcomes;
  }

  private fork(scenario: TwinsScenario): TwinsRun {
    const shared = this.copies.flatMap(({ core }) => {
      const { committee, options } = stateOf(core);
      return [committee, options];
    });
    const fork = forked(this as TwinsRun, [this.scenario, this.schedule, ...shared]);
    fork.scenario = scenario;
    return fork;
  }

  private with(scenario: TwinsScenario): this {
    this.scenario = scenario;
    return this;
  }

  private end(): TwinsOutcome {
    const recovered = !this.scenario.healed || this.recover();
    const { violations, finalHeightMax } = this.checker;
    return { violations, finalHeight: finalHeightMax, deliveries: this.deliveries, recovered };
  }

  private boot(copy: Copy): void {
    const executed = [{ height: 0, execRoot: copy.executor.execRoot }];
    this.step(copy, {
      kind: 'boot',
      voteState: null,
      finalHeaders: [],
      epochEnd: null,
      finalCertificate: null,
      blocks: [],
      convicted: [],
      executed,
    });
    setGoing(copy.core, this.scenario.replicaCount);
  }

  /** New work for all, then messages in order; what is left of a pass is lost. */
  private play(round: TwinsRound): void {
    this.round = round;
    for (const copy of this.copies) {
      copy.proposals = round.proposals;
      this.step(copy, { kind: 'pending', operations: 1, bytes: OPERATION_BYTES });
    }
    this.deliver(round.deliveriesMax);
    for (let pass = 1; pass < round.passes; pass += 1) {
      this.now = { nowMs: this.now.nowMs + PASS_MS, timeNs: this.now.timeNs + BigInt(PASS_MS) * 1_000_000n };
      for (const copy of this.copies) this.step(copy, { kind: 'tick' });
      this.deliver(round.deliveriesMax);
    }
  }

  private deliver(deliveriesMax: number): void {
    // The queue grows while it is read.
    for (let next = 0; next < this.queue.length && next < deliveriesMax; next += 1) {
      const { from, to, message } = this.queue[next];
      this.deliveries += 1;
      this.schedule.deliveries += 1;
      this.step(to, { kind: 'message', from: from.replica, epoch: FIRST_EPOCH, message });
    }
    this.queue = [];
  }

  /** Every copy gives its term up, and the sides exchange what they can. */
  private changeTerm(): void {
    for (const copy of this.copies) this.step(copy, { kind: 'suspect', term: copy.core.status().term });
    this.deliver(DELIVERIES_MAX);
  }

  /** One network again, and every replica's turn to lead: each honest copy must apply something new. */
  private recover(): boolean {
    const sides = this.copies.map(() => 0);
    const honest = this.copies.filter(({ replica }) => !this.scenario.twins.includes(replica));
    const before = Math.max(...honest.map(({ chain }) => chain.length));
    for (let term = 0; term < TERMS_CALM_MAX; term += 1) {
      this.play({ leader: 0, sides, deliveriesMax: DELIVERIES_MAX, passes: PASSES_CALM, proposals: PROPOSALS_MAX });
      if (honest.every(({ chain }) => chain.length > before)) return true;
      this.changeTerm();
    }
    return false;
  }

  private step(copy: Copy, first: EventContent): void {
    // What an effect causes comes after the effects beside it, as with a real disk.
    const events: EventContent[] = [first];
    const cause = (event: EventContent): void => void events.push(event);
    for (let next = 0; next < events.length; next += 1) {
      const event = Object.assign(events[next], this.now) as Parameters<Core['step']>[0];
      for (const effect of copy.core.step(event)) this.carryOut(copy, effect, cause);
    }
  }

  private carryOut(copy: Copy, effect: Effect, cause: (event: EventContent) => void): void {
    switch (effect.kind) {
      case 'persist':
        for (const block of effect.blocks) copy.blocks.set(block.key, block);
        for (const { height, certificate } of effect.certificates) copy.certificates.set(height, certificate);
        for (const { to, message } of effect.then) this.send(copy, to, message);
        return cause({ kind: 'persisted', token: effect.token });
      case 'send':
        return this.send(copy, effect.to, effect.message);
      case 'finalized':
        return this.finalized(copy, effect, cause);
      case 'request-batch':
        return cause({ kind: 'batch', request: effect.request, ...this.batch(copy) });
      case 'serve-block':
        return this.serveBlock(copy, effect.to, effect.blockId);
      case 'serve-range':
        return this.serveRange(copy, effect.to, effect.fromHeight);
      case 'alarm':
        return this.checker.onAlarm(copy.replica, effect.code, effect.detail, effect.fatal);
      case 'serve-epoch-end':
      case 'epoch':
      case 'timer':
      case 'term':
        return;
    }
  }

  private send(from: Copy, to: Recipient, message: Message): void {
    this.checker.onSend(from.replica, message, FIRST_EPOCH);
    const { sides } = this.round;
    for (const copy of this.copies) {
      if (copy.replica === from.replica || (to !== 'all' && to !== copy.replica)) continue;
      if (sides[from.index] === sides[copy.index]) this.queue.push({ from, to: copy, message });
    }
  }

  private finalized(copy: Copy, { blocks, certificate }: FinalizedEffect, cause: (event: EventContent) => void): void {
    this.checker.onFinal(copy.replica, blocks, certificate);
    for (const block of blocks) {
      copy.chain.push(block);
      const execRoot = copy.executor.execute(block);
      this.checker.onExecuted(copy.replica, block.header.height, execRoot);
      cause({ kind: 'executed', height: block.header.height, execRoot });
    }
  }

  /** An operation that no other block holds, so that two copies never propose the same. */
  private batch(copy: Copy): { body: Uint8Array | null; operations: number } {
    if (copy.proposals === 0) return { body: null, operations: 0 };
    copy.proposals -= 1;
    this.operation += 1;
    const body = new Uint8Array(OPERATION_BYTES);
    new DataView(body.buffer).setBigUint64(0, BigInt(this.operation));
    return { body, operations: 1 };
  }

  private serveBlock(copy: Copy, to: number, blockId: Uint8Array): void {
    const block = copy.blocks.get(hex(blockId));
    if (block !== undefined) this.send(copy, to, { kind: 'block', headerBytes: block.headerBytes, body: block.body });
  }

  private serveRange(copy: Copy, to: number, fromHeight: number): void {
    const { chain, certificates } = copy;
    const message = cutRange(
      {
        finalHeight: chain.length,
        headerBytes: (height) => chain[height - 1]?.headerBytes,
        body: (height) => chain[height - 1]?.body,
        certificate: (height) => certificates.get(height),
      },
      fromHeight,
    );
    if (message !== null) this.send(copy, to, message);
  }
}

interface State {
  readonly committee: { leaderOf: (term: number) => number };
  readonly options: object;
  recall: unknown;
  peer: (index: number) => { connected: boolean };
}

const stateOf = (core: Core): State => (core as unknown as { core: State }).core;

/** The scenario's leaders for its terms, then every replica in turn. */
function setLeaders(core: Core, schedule: Schedule, replicaCount: number): void {
  stateOf(core).committee.leaderOf = (term) => schedule.rounds[term - 1]?.leader ?? term % replicaCount;
}

/**
 * Every copy is connected and goes on at once: two copies of one replica remember different votes, which C-9 would find out, and here
 * they are to go on lying.
 */
function setGoing(core: Core, replicaCount: number): void {
  const state = stateOf(core);
  state.recall = null;
  for (let peer = 0; peer < replicaCount; peer += 1) state.peer(peer).connected = true;
}
