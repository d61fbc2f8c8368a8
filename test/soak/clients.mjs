// Clients of a ledger: they pay and read, never give up on an envelope, and write down all that they see.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { OPERATOR } from '../../bench/cluster.mjs';

const require = createRequire(import.meta.url);
const { ACCOUNT_FLAGS, formatId } = require('@quorate/protocol');

const asset = 756;
/** Account 1 issues; the others may not go below zero. */
export const issuer = 1n;
export const accounts = [2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n];
const opening = 1_000n;
const plain = { userData128: 0n, userData64: 0n, userData32: 0, asset, code: 1, flags: 0 };
/** A replica that does not answer for this long is not waited for: the same envelope goes to the next one. */
const patienceMs = 1_500;
const pauseMs = 10;
/** One read for so many payments. */
const readEvery = 4;

const newId = () => BigInt(`0x${randomBytes(15).toString('hex')}`) + 1_000n;

function transferOf(id, debitAccount, creditAccount, amount) {
  return {
    kind: 'create_transfer',
    transfer: { id, debitAccount, creditAccount, amount, pendingId: 0n, timeoutSeconds: 0, ...plain },
  };
}

/** Everything that clients did and saw. Times are milliseconds of this process's clock. */
export class History {
  /** Payments: `{ envelope, transfers, begunMs, endedMs, height, firstIndex, codes }`; without answer `endedMs` is null. */
  payments = [];
  /** Reads: `{ replica, account, begunMs, endedMs, height, debits, credits }`. */
  reads = [];
  /** Longest silence between two acknowledgements, and when it ended. */
  longestGap = { ms: 0, during: 'nothing' };
  /** What is being done to the replicas now. */
  during = 'nothing';
  #lastMs = performance.now();

  acknowledge(payment, reply) {
    const nowMs = performance.now();
    this.acknowledgedCount += 1;
    const { height, firstIndex, codes } = reply;
    Object.assign(payment, { endedMs: nowMs, height, firstIndex, codes: [...codes] });
    if (nowMs - this.#lastMs > this.longestGap.ms)
      this.longestGap = { ms: Math.round(nowMs - this.#lastMs), during: this.during };
    this.#lastMs = nowMs;
  }

  /** How many payments were acknowledged so far. */
  acknowledgedCount = 0;

  get acknowledged() {
    return this.payments.filter(({ endedMs }) => endedMs !== null);
  }
}

/** All clients of one ledger. */
export class Clients {
  history = new History();
  #cluster;
  #workload;
  #random;
  #connections = new Map();
  #over = false;
  #running = [];

  constructor(cluster, workload, random) {
    this.#cluster = cluster;
    this.#workload = workload;
    this.#random = random;
  }

  /** Opens the accounts and gives each of them money. */
  async setUp() {
    const account = (id, flags) => ({ kind: 'create_account', account: { id, party: OPERATOR, ...plain, flags } });
    const made = await this.insist(this.#workload.asset());
    const opened = await this.insist(
      this.#workload.envelope([
        account(issuer, 0),
        ...accounts.map((id) => account(id, ACCOUNT_FLAGS.debitsMustNotExceedCredits)),
      ]),
    );
    for (const code of [...made.codes, ...opened.codes]) if (code !== 0) throw new Error(`set-up refused: ${code}`);
    await this.pay(accounts.map((id) => transferOf(newId(), issuer, id, opening)));
  }

  start(count) {
    for (let client = 0; client < count; client += 1) this.#running.push(this.#live(client));
  }

  async stop() {
    this.#over = true;
    await Promise.all(this.#running);
  }

  close() {
    for (const opening of this.#connections.values())
      opening.then(
        (open) => open.close(),
        () => undefined,
      );
  }

  async #live(client) {
    for (let turn = 0; !this.#over; turn += 1) {
      if (turn % readEvery === readEvery - 1) await this.#read();
      else await this.pay(this.#transfers(), client);
      await delay(pauseMs);
    }
  }

  /** One to three payments between any accounts; some are more than there is. */
  #transfers() {
    return Array.from({ length: this.#random.between(1, 3) }, () => {
      const debit = this.#random.pick(accounts);
      const credit = this.#random.pick(accounts.filter((id) => id !== debit));
      return transferOf(newId(), debit, credit, BigInt(this.#random.between(1, 400)));
    });
  }

  /** Pays; the same envelope goes from replica to replica until one says that it is final, or the clients stop. */
  async pay(transfers, first = 0) {
    const envelope = this.#workload.envelope(transfers);
    const payment = { envelope, transfers, begunMs: performance.now(), endedMs: null };
    this.history.payments.push(payment);
    const reply = await this.insist(envelope, first, () => this.#over);
    if (reply !== null) this.history.acknowledge(payment, reply);
    return payment;
  }

  /** Submits until the outcome is known; null when `over` says so before. */
  async insist(envelope, first = 0, over = () => false) {
    for (let turn = first; !over(); turn += 1) {
      const members = this.#cluster.members;
      const reply = await this.#ask(members[turn % members.length], (open) => open.submit(envelope));
      if (reply?.kind === 'final') return reply;
      // A refusal is one replica's word: of a full disk, of a queue, of a leader that is just changing.
      await delay(reply === null ? 0 : pauseMs);
    }
    return null;
  }

  async #read() {
    const account = this.#random.pick(accounts);
    const replica = this.#random.pick(this.#cluster.members);
    const begunMs = performance.now();
    const answer = await this.#ask(replica, (open) => open.query({ query: 'account', id: formatId(account) }));
    if (answer?.kind !== 'account') return;
    this.history.reads.push(readOf(answer, { replica, account, begunMs, endedMs: performance.now() }));
  }

  /** What one replica says of every account, once it has executed `height`. */
  async accountsAt(replica, height) {
    const found = [];
    for (const account of [issuer, ...accounts]) {
      for (;;) {
        const answer = await this.#ask(replica, (open) => open.query({ query: 'account', id: formatId(account) }));
        if (answer?.kind === 'account' && answer.height >= height) {
          found.push(readOf(answer, { replica, account }));
          break;
        }
        await delay(pauseMs);
      }
    }
    return found;
  }

  /** The receipt of a transfer, as soon as a replica can prove it. */
  async receipt(id, first = 0) {
    for (let turn = first; ; turn += 1) {
      const members = this.#cluster.members;
      const query = { query: 'receipt', transferId: formatId(id) };
      const answer = await this.#ask(members[turn % members.length], (open) => open.query(query));
      if (answer?.kind === 'receipt') return answer.receipt;
      await delay(pauseMs);
    }
  }

  /** What a replica answers; null when it does not in time. */
  async #ask(index, request) {
    const late = delay(patienceMs, null, { ref: false });
    return Promise.race([this.#connection(index).then(request), late]).catch(() => null);
  }

  #connection(index) {
    const known = this.#connections.get(index);
    if (known !== undefined) return known;
    const opening = this.#cluster.connect(index);
    this.#connections.set(index, opening);
    const forget = () => this.#connections.get(index) === opening && this.#connections.delete(index);
    opening.then((open) => open.closed.then(forget), forget);
    return opening;
  }
}

function readOf({ height, account }, rest) {
  const { debitsPostedMinor, creditsPostedMinor } = account;
  return { ...rest, height, debits: BigInt(debitsPostedMinor), credits: BigInt(creditsPostedMinor) };
}
