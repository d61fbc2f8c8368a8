import type { ReplicaAnswer, ReplicaQuery } from '@quorate/transport';

import { GATEWAY_LIMITS } from '../limits';
import type { ReadyLedger, ReplicaAddress } from '../routes/ledger-routes';
import { ReplicaLink, ReplicaUnreachable, type ConnectReplica, type GatewayIdentity } from './replica-link';
import { readStatus, type ObservedStatus } from './observed-status';

/** What the gateway knows of a ledger's replicas at one time; null for one that did not answer. */
export type Observation = readonly {
  readonly index: number;
  readonly joining: boolean;
  readonly status: ObservedStatus | null;
}[];

/** Codes of what a replica does not hold, cannot reach or could not confirm in time. */
const INCAPABLE: ReadonlySet<string> = new Set([
  'REPLICA_ARCHIVE_UNREACHABLE',
  'REPLICA_FENCE_TIMEOUT',
  'REPLICA_HISTORY_INCOMPLETE',
]);

/** The connections to all replicas of one ledger, and what they last said about themselves. */
export class LedgerLink {
  private links: readonly ReplicaLink[];
  private readonly statuses = new Map<ReplicaLink, ObservedStatus>();
  private observing: Promise<Observation> | null = null;
  /** Resolves when the first replica has answered the last round of questions, or when none did. */
  private firstStatus: Promise<unknown> = Promise.resolve();
  private observedAtMs = Number.NEGATIVE_INFINITY;
  private heightSeen = 0;
  private lastUsedMs = performance.now();
  private widenedCount = 0;

  constructor(
    ledger: ReadyLedger,
    private readonly identity: GatewayIdentity,
    private readonly connect: ConnectReplica,
  ) {
    this.links = ledger.replicas.map((address) => new ReplicaLink(address, identity, connect));
  }

  get replicas(): readonly ReplicaLink[] {
    return this.links;
  }

  idleMs(): number {
    return performance.now() - this.lastUsedMs;
  }

  /** Marks the link as used and follows replicas that moved, came, went or changed their place. */
  use(ledger: ReadyLedger): void {
    this.lastUsedMs = performance.now();
    if (sameAddresses(this.links, ledger.replicas)) return;
    const previous = this.links;
    this.links = ledger.replicas.map((address) => {
      const known = previous.find((link) => link.leadsTo(address));
      if (known === undefined) return new ReplicaLink(address, this.identity, this.connect);
      known.address = address;
      return known;
    });
    for (const link of previous) {
      if (this.links.includes(link)) continue;
      link.close();
      this.statuses.delete(link);
    }
    this.observedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A ledger's height that some client has been told; answers from below it would look like going back in time. */
  noteHeight(height: number): void {
    this.heightSeen = Math.max(this.heightSeen, height);
  }

  get heightNoted(): number {
    return this.heightSeen;
  }

  /** Asks every replica for its status, unless the last answers are young enough; shared by all who want to know. */
  observe(ageMsMax: number = GATEWAY_LIMITS.observeEveryMs): Promise<Observation> {
    const ageMs = performance.now() - this.observedAtMs;
    if (this.observing !== null && ageMs < ageMsMax) return this.observing;
    this.observedAtMs = performance.now();
    const answers = this.links.map((link) => this.observeOne(link));
    this.observing = Promise.all(answers);
    this.firstStatus = Promise.any(answers.map(heardOf)).catch(() => undefined);
    return this.observing;
  }

  /** After an answer that the leader did not give: what is known about leaders is out of date. */
  doubtLeader(): void {
    this.observedAtMs = Math.min(this.observedAtMs, performance.now() - GATEWAY_LIMITS.observeEveryMs);
    void this.observe();
  }

  /**
   * Takes one of the places for submissions that go to all replicas; false when none is free. A ledger that is slow
   * because it has much to do is not given several times as much.
   */
  widen(): boolean {
    if (this.widenedCount >= GATEWAY_LIMITS.widenedPerLedgerMax) return false;
    this.widenedCount += 1;
    return true;
  }

  narrow(): void {
    this.widenedCount -= 1;
  }

  /** Replicas in the order in which to ask them: the leader, then by how far they are, then those not heard of. */
  async order(): Promise<readonly ReplicaLink[]> {
    void this.observe();
    if (this.statuses.size === 0) await this.firstStatus;
    const latest = this.latest();
    const leads = ({ epoch, self }: ObservedStatus) =>
      epoch === latest?.epoch && self !== null && self === latest.leader;
    const rank = (link: ReplicaLink) => {
      const status = this.statuses.get(link);
      if (status === undefined) return -1;
      return leads(status) ? Number.MAX_SAFE_INTEGER : status.executedHeight;
    };
    return [...this.links].sort((left, right) => rank(right) - rank(left) || left.index - right.index);
  }

  /** Whom the replica of the highest term in the newest epoch names, by index in that epoch's configuration. */
  leader(): number | null {
    return this.latest()?.leader ?? null;
  }

  private latest(): ObservedStatus | null {
    let latest: ObservedStatus | null = null;
    for (const status of this.statuses.values()) if (latest === null || isLater(status, latest)) latest = status;
    return latest;
  }

  /**
   * Puts a query to one replica after another until one answers that is not behind what a client was told. What one replica cannot tell for a
   * reason of its own, another may.
   */
  async query(query: ReplicaQuery): Promise<ReplicaAnswer> {
    const deadlineMs = performance.now() + GATEWAY_LIMITS.queryTotalMs;
    let best: ReplicaAnswer | null = null;
    let incapable: ReplicaAnswer | null = null;
    for (const link of await this.order()) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) break;
      const answer = await this.ask(link, query, Math.min(leftMs, GATEWAY_LIMITS.queryMs));
      if (answer === null) continue;
      if (isIncapable(answer)) {
        incapable ??= answer;
        continue;
      }
      if (best === null || answer.height > best.height) best = answer;
      if (answer.height >= this.heightSeen) break;
    }
    const answer = best ?? incapable;
    if (answer === null) throw new ReplicaUnreachable(-1, 'no replica of the ledger answers');
    return answer;
  }

  close(): void {
    for (const link of this.links) link.close();
  }

  private async ask(link: ReplicaLink, query: ReplicaQuery, timeoutMs: number): Promise<ReplicaAnswer | null> {
    try {
      return await link.exchange(timeoutMs, (connection) => connection.query(query));
    } catch (cause) {
      if (!(cause instanceof ReplicaUnreachable)) throw cause;
      this.statuses.delete(link);
      return null;
    }
  }

  private async observeOne(link: ReplicaLink): Promise<Observation[number]> {
    const answer = await this.ask(link, { query: 'status' }, GATEWAY_LIMITS.observeMs);
    const status = answer === null ? null : readStatus(answer);
    if (status === null) this.statuses.delete(link);
    else if (this.links.includes(link)) this.statuses.set(link, status);
    return { index: link.index, joining: link.address.joining, status };
  }
}

/** Whether it is the replica that cannot answer: the query itself may be right. */
function isIncapable({ kind, code }: ReplicaAnswer): boolean {
  return kind === 'error' && typeof code === 'string' && INCAPABLE.has(code);
}

async function heardOf(answer: Promise<Observation[number]>): Promise<void> {
  if ((await answer).status === null) throw new Error('no status');
}

function isLater(left: ObservedStatus, right: ObservedStatus): boolean {
  return left.epoch === right.epoch ? left.term > right.term : left.epoch > right.epoch;
}

function sameAddresses(links: readonly ReplicaLink[], addresses: readonly ReplicaAddress[]): boolean {
  if (links.length !== addresses.length) return false;
  return links.every((link, position) => {
    const { index, joining } = addresses[position];
    return link.leadsTo(addresses[position]) && link.address.index === index && link.address.joining === joining;
  });
}
