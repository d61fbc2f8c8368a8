import type { Core } from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import type { CodedError } from '@quorate/errors';
import { HistoryMender, Replica, type ReplicaObserver } from '@quorate/replica';
import type { Link, LinkEvents, Links, Timers } from '@quorate/runtime';
import { Vault } from '@quorate/storage';
import type { Random } from '../random';
import type { Scheduler } from '../scheduler';
import { simulatedCryptography } from './cipher';
import { Drive } from './drive';
import type { LedgerIdentity } from './identity';

/** Segments of the simulated journals: small, so that a run fills several. */
const SEGMENT_BYTES = 131_072;
/** Checkpoints are due at this distance, so that restarts begin from snapshots. */
const SPACING = { blocks: 12, operations: 1_000_000 };
const WALL_CLOCK_START_NS = 1_700_000_000_000_000_000n;
const DATA_KEY = new Uint8Array(32).fill(7);

/** What a machine needs of its surroundings. */
export interface MachineWorld {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly identity: LedgerIdentity;
  /** Names of all machines, in order. */
  readonly names: readonly string[];
  isUp(machine: number): boolean;
  sendFrame(from: number, to: readonly number[], kind: number, payload: Uint8Array): void;
  attached(machine: number): void;
  detached(machine: number): void;
  observer(machine: number): ReplicaObserver;
  halted(machine: number, error: CodedError): void;
}

/** `off`: no process. `opening`: it reads its disk. `lost`: its votes are gone, and its key is dead for good. */
export type MachineState = 'off' | 'opening' | 'on' | 'lost';

/** One machine: its drive, its clock, and a process in which the product's whole replica runs. */
export class Machine {
  readonly drive: Drive;
  replica: Replica | null = null;
  state: MachineState = 'off';
  /** How far its wall clock is ahead. */
  skewNs = 0n;
  /** Newest of its keys: another one for each rotation. */
  generation = 0;
  /** Its process sleeps until then, ms. */
  private pausedUntilMs = 0;
  private held: (() => void)[] = [];
  /** Counts its processes. */
  session = 0;
  private voted = false;
  private events: LinkEvents | null = null;

  constructor(
    readonly index: number,
    private readonly world: MachineWorld,
  ) {
    this.drive = new Drive(world.scheduler, world.random, SEGMENT_BYTES);
  }

  get isListening(): boolean {
    return this.events !== null;
  }

  get wallNs(): bigint {
    return WALL_CLOCK_START_NS + BigInt(Math.round(this.world.scheduler.nowMs * 1e6)) + this.skewNs;
  }

  /** The consensus core of the running replica; for looking at, not for touching. */
  get core(): Core | null {
    return (this.replica as unknown as { core: Core } | null)?.core ?? null;
  }

  start(): void {
    if (this.state !== 'off') return;
    this.state = 'opening';
    this.session += 1;
    const { session } = this;
    this.open().then(
      (replica) => {
        if (this.session !== session) return;
        this.replica = replica;
        this.state = 'on';
        replica.useLinks(this.attach(replica));
      },
      (error: unknown) => {
        if (this.session === session) this.halt(error as CodedError);
      },
    );
  }

  /** The process ends at once, and if `power` fails, the machine with it. */
  stop(power: boolean): void {
    if (this.state === 'off' || this.state === 'lost') return;
    this.state = 'off';
    this.endProcess();
    if (power) this.drive.losePower();
  }

  /** The key is dead: nobody starts this replica again. */
  retire(): void {
    this.endProcess();
    this.state = 'lost';
  }

  pause(durationMs: number): void {
    this.pausedUntilMs = this.world.scheduler.nowMs + durationMs;
  }

  /** Runs in the machine's process as soon as that is awake; never if it has ended by then. */
  later(delayMs: number, run: () => void): { cancel: () => void } {
    const { session } = this;
    let cancelled = false;
    const wake = (): void => {
      if (cancelled || this.session !== session) return;
      if (this.pausedUntilMs > this.world.scheduler.nowMs) this.hold(wake);
      else run();
    };
    this.world.scheduler.after(delayMs, wake);
    return { cancel: () => (cancelled = true) };
  }

  linkOpened(peer: number): void {
    this.events?.opened(this.linkTo(peer));
  }

  linkClosed(peer: number): void {
    this.events?.closed(this.linkTo(peer));
  }

  receive(from: number, kind: number, payload: Uint8Array): void {
    this.events?.frame(this.linkTo(from), kind, payload);
  }

  holds(key: Uint8Array): boolean {
    return this.signer(key) !== null;
  }

  private open(): Promise<Replica> {
    const { identity, scheduler, names, random } = this.world;
    const { genesis, genesisBytes } = identity;
    const { session } = this;
    const timers: Timers = {
      // Whole milliseconds and at least one, as the timers of Node.js have it.
      after: (delayMs, run) => this.later(Math.max(1, Math.trunc(delayMs)), run),
      soon: (run) => void this.later(0, run),
    };
    const peers = names.filter((_, index) => index !== this.index);
    const mender: HistoryMender = new HistoryMender(peers, timers, () => this.attach(mender));
    return Replica.open({
      genesis,
      genesisBytes,
      certificateHash: names[this.index],
      directory: this.drive.directory('journal'),
      snapshots: this.drive.directory('snapshots'),
      spacing: SPACING,
      source: mender,
      clock: { monotonicMs: () => scheduler.nowMs, wallNs: () => this.wallNs },
      timers,
      vault: new Vault({
        cryptography: simulatedCryptography(random),
        ledgerId: genesis.ledgerId,
        keys: [{ generation: 1, key: DATA_KEY }],
      }),
      memoryBytes: () => 0,
      signer: (key) => this.signer(key),
      verify: identity.verify,
      parameters: identity.parameters,
      hasVoted: this.voted,
      observer: this.world.observer(this.index),
      onFirstVote: () => (this.voted = true),
      onEpoch: () => undefined,
      onRefused: () => undefined,
      onHalt: (error) => {
        if (this.session === session) this.halt(error);
      },
    });
  }

  private signer(key: Uint8Array): ((preimage: Uint8Array) => Uint8Array) | null {
    const { identity } = this.world;
    const wanted = hex(key);
    for (let generation = this.generation; generation >= 0; generation -= 1)
      if (hex(identity.consensusKey(this.index, generation)) === wanted)
        return (preimage) => identity.sign(this.index, generation, preimage);
    return null;
  }

  private attach(events: LinkEvents): Links {
    const { world, index } = this;
    const known = this.events !== null;
    this.events = events;
    if (!known) this.later(0, () => world.attached(index));
    const numbers = (peers: readonly string[]): number[] =>
      peers.map((peer) => world.names.indexOf(peer)).filter((peer) => peer >= 0 && world.isUp(peer));
    return {
      sendToPeer: (peer, kind, ...parts) => {
        const to = numbers([peer]);
        if (to.length > 0) world.sendFrame(index, to, kind, joined(parts));
        return to.length > 0;
      },
      sendToPeers: (peers, kind, ...parts) => world.sendFrame(index, numbers(peers), kind, joined(parts)),
      peerConnected: (peer) => numbers([peer]).length > 0,
      close: () => undefined,
    };
  }

  private linkTo(peer: number): Link {
    const { world, index } = this;
    return {
      party: { kind: 'peer', peer: world.names[peer] },
      send: (kind, ...parts) => {
        if (world.isUp(peer)) world.sendFrame(index, [peer], kind, joined(parts));
        return world.isUp(peer);
      },
      close: () => undefined,
    };
  }

  private hold(run: () => void): void {
    this.held.push(run);
    if (this.held.length > 1) return;
    this.world.scheduler.at(this.pausedUntilMs, () => {
      for (const each of this.held.splice(0)) each();
    });
  }

  private halt(error: CodedError): void {
    this.state = 'off';
    this.endProcess();
    this.world.halted(this.index, error);
  }

  private endProcess(): void {
    const listened = this.events !== null;
    this.session += 1;
    this.replica = null;
    this.events = null;
    this.pausedUntilMs = 0;
    this.held = [];
    this.drive.endProcess();
    if (listened) this.world.detached(this.index);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
