import { ACCOUNT_FLAGS, OPEN_ASSET_POLICY, formatId, type Operation } from '@quorate/protocol';
import type { SubmitReply } from '@quorate/transport';
import type { Machine } from './machine';
import type { Random } from '../random';
import type { Scheduler } from '../scheduler';
import type { History, SeenAccount } from './history';
import type { LedgerIdentity } from './identity';

/** Account 1 issues; the others may not overdraw, so that some transfers fail. */
const ACCOUNTS = 6;
const ASSET = 756;
const HOUR_NS = 3_600_000_000_000n;
/** A client that has no answer by then asks another replica. */
const PATIENCE_MS = 400;
/** Share of the reads that are fenced. */
const FENCED_SHARE = 0.3;
const LINK_MS_MIN = 0.1;
const LINK_MS_MAX = 0.5;

/** What clients need of their surroundings. */
export interface WorkloadWorld {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly identity: LedgerIdentity;
  readonly history: History;
  readonly wallNs: bigint;
  /** Machines whose word a client takes. */
  serving(): readonly Machine[];
  report(violation: string): void;
}

/** One envelope and what its client knows of it. */
interface Order {
  readonly transfer: bigint | null;
  readonly envelope: Uint8Array;
  answer: Extract<SubmitReply, { kind: 'final' }> | null;
}

/** Clients: they submit transfers until they are acknowledged, some of them several times, and read accounts. */
export class Workload {
  private readonly orders: Order[] = [];
  private nextTransfer = 1_000n;
  acknowledged = 0;
  reads = 0;
  fencedReads = 0;
  /** Highest height of which any client knows. */
  heightSeen = 0;

  constructor(private readonly world: WorkloadWorld) {}

  get isDone(): boolean {
    return this.acknowledged === this.orders.length;
  }

  /** Of envelopes that hold a transfer: all whose outcome a client has. */
  get answered(): readonly { readonly transfer: bigint; readonly height: number; readonly index: number }[] {
    return this.orders.flatMap(({ transfer, answer }) =>
      transfer === null || answer === null ? [] : [{ transfer, height: answer.height, index: answer.firstIndex }],
    );
  }

  /** Asset and accounts. */
  setUp(): void {
    const account = (id: bigint): Operation => ({
      kind: 'create_account',
      account: {
        id,
        party: 1n,
        asset: ASSET,
        code: 1,
        flags: id === 1n ? 0 : ACCOUNT_FLAGS.debitsMustNotExceedCredits,
        userData128: 0n,
        userData64: 0n,
        userData32: 0,
      },
    });
    this.order(null, [
      { kind: 'create_asset', asset: { id: ASSET, scale: 2, code: 'CHF', issuer: 1n, ...OPEN_ASSET_POLICY } },
      ...Array.from({ length: ACCOUNTS }, (_, index) => account(BigInt(index + 1))),
    ]);
  }

  transfer(): void {
    const { random } = this.world;
    const id = this.nextTransfer;
    this.nextTransfer += 1n;
    const debit = random.chance(0.5) ? 1 : 1 + random.below(ACCOUNTS);
    const credit = 1 + ((debit + random.below(ACCOUNTS - 1)) % ACCOUNTS);
    this.order(id, [
      {
        kind: 'create_transfer',
        transfer: {
          id,
          debitAccount: BigInt(debit),
          creditAccount: BigInt(credit),
          amount: BigInt(1 + random.below(50)),
          pendingId: 0n,
          userData128: 0n,
          userData64: 0n,
          userData32: 0,
          timeoutSeconds: 0,
          asset: ASSET,
          code: 1,
          flags: 0,
        },
      },
    ]);
  }

  /** Reads an account at any replica and compares it with the history; some reads must reflect all that was acknowledged before. */
  read(): void {
    const machine = this.anyMachine();
    if (machine?.replica === undefined || machine.replica === null) return;
    const { random } = this.world;
    const fence = random.chance(FENCED_SHARE);
    const account = BigInt(1 + random.below(ACCOUNTS));
    this.readAccount(machine, account, fence ? this.heightSeen : null).catch((error: unknown) =>
      this.world.report(`READ: replica ${machine.index} failed: ${String(error)}`),
    );
  }

  /** Reads every account and every transfer that was answered: what the replica holds at last. */
  async readAll(machine: Machine): Promise<void> {
    for (let account = 1; account <= ACCOUNTS; account += 1) await this.readAccount(machine, BigInt(account), null);
    for (const { transfer, height, index } of this.answered) {
      const place = this.world.history.place(transfer);
      if (place?.height !== height || place.index !== index)
        this.world.report(`ACKNOWLEDGED: transfer ${transfer} was promised at ${height}.${index}`);
    }
    await this.checkConservation(machine);
  }

  /** `floor`: height that the answer must not be below; null without a fence. */
  private async readAccount(machine: Machine, account: bigint, floor: number | null): Promise<void> {
    const answer = await machine.replica?.query({
      query: 'account',
      id: formatId(account),
      consistency: floor === null ? 'proven' : 'fence',
    });
    // Where the accounts were not made yet, or where no quorum could be asked.
    if (answer?.kind !== 'account') return;
    this.reads += 1;
    this.world.history.checkRead(account, answer.height, answer.account as SeenAccount, machine.index);
    if (floor === null) return;
    this.fencedReads += 1;
    if (answer.height < floor)
      this.world.report(
        `FENCE: replica ${machine.index} answered from ${answer.height} after ${floor} was acknowledged`,
      );
  }

  private async checkConservation(machine: Machine): Promise<void> {
    const answer = await machine.replica?.query({ query: 'accounts', limit: 100 });
    const accounts = (answer?.data ?? []) as SeenAccount[];
    const sum = (field: keyof SeenAccount): bigint => accounts.reduce((total, each) => total + BigInt(each[field]), 0n);
    if (accounts.length !== ACCOUNTS || sum('debitsPostedMinor') !== sum('creditsPostedMinor'))
      this.world.report(`MONEY: replica ${machine.index} holds ${accounts.length} accounts that do not balance`);
  }

  private order(transfer: bigint | null, operations: readonly Operation[]): void {
    const { identity, wallNs } = this.world;
    const order = { transfer, envelope: identity.envelope(operations, wallNs + HOUR_NS / 2n), answer: null };
    this.orders.push(order);
    this.attempt(order);
    // The same client by two ways: the outcome must be one.
    if (this.world.random.chance(0.1)) this.attempt(order);
  }

  private attempt(order: Order): void {
    const { scheduler, random } = this.world;
    scheduler.after(PATIENCE_MS, () => {
      if (order.answer === null) this.attempt(order);
    });
    const machine = this.anyMachine();
    machine?.later(random.between(LINK_MS_MIN, LINK_MS_MAX), () =>
      machine.replica?.submit(order.envelope, (reply) =>
        scheduler.after(random.between(LINK_MS_MIN, LINK_MS_MAX), () => this.take(order, reply)),
      ),
    );
  }

  private take(order: Order, reply: SubmitReply): void {
    if (reply.kind !== 'final') return;
    const { answer } = order;
    this.heightSeen = Math.max(this.heightSeen, reply.height);
    if (answer === null) {
      order.answer = reply;
      this.acknowledged += 1;
    } else if (answer.height !== reply.height || answer.firstIndex !== reply.firstIndex)
      this.world.report(`EXACTLY ONCE: one envelope was answered from ${answer.height} and from ${reply.height}`);
  }

  private anyMachine(): Machine | null {
    const machines = this.world.serving();
    return machines.length === 0 ? null : this.world.random.pick(machines);
  }
}
