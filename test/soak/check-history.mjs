// Judges what clients saw against a ledger that is written down here once more, in a few lines.
import { createRequire } from 'node:module';
import { accounts, issuer } from './clients.mjs';

const require = createRequire(import.meta.url);
const { RESULT_CODES } = require('@quorate/protocol');
const { applied, exceeds_credits: exceedsCredits } = RESULT_CODES;

/** Balances over heights, as the payments in their order make them. */
class Model {
  #sums = new Map([issuer, ...accounts].map((id) => [id, { debits: 0n, credits: 0n }]));
  /** Per account: its sums after each height that changed them. */
  #past = new Map([issuer, ...accounts].map((id) => [id, [{ height: 0, debits: 0n, credits: 0n }]]));

  /** The result code of a transfer. */
  apply({ debitAccount, creditAccount, amount }, height) {
    const debit = this.#sums.get(debitAccount);
    if (debitAccount !== issuer && debit.debits + amount > debit.credits) return exceedsCredits;
    debit.debits += amount;
    this.#sums.get(creditAccount).credits += amount;
    this.#note(debitAccount, height);
    this.#note(creditAccount, height);
    return applied;
  }

  #note(account, height) {
    const past = this.#past.get(account);
    if (past.at(-1).height === height) past.pop();
    past.push({ height, ...this.#sums.get(account) });
  }

  /** Sums of an account after all blocks up to `height`. */
  at(account, height) {
    const past = this.#past.get(account);
    let [low, high] = [0, past.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (past[middle].height <= height) low = middle;
      else high = middle - 1;
    }
    return past[low];
  }
}

const differs = (seen, { debits, credits }) => seen.debits !== debits || seen.credits !== credits;
const byPosition = (left, right) => left.height - right.height || left.firstIndex - right.firstIndex;

/** What is wrong with a history of payments that all have an outcome. */
export function checkHistory({ payments, reads }) {
  const violations = [];
  const ordered = [...payments].sort(byPosition);
  for (let index = 1; index < ordered.length; index += 1) {
    const [before, after] = [ordered[index - 1], ordered[index]];
    if (before.height === after.height && before.firstIndex + before.transfers.length > after.firstIndex)
      violations.push(`two payments have the same place ${after.height}.${after.firstIndex}`);
  }
  violations.push(...checkRealTime(ordered));
  const model = new Model();
  for (const { transfers, codes, height, firstIndex } of ordered) {
    for (const [index, { transfer }] of transfers.entries()) {
      const code = model.apply(transfer, height);
      if (codes[index] !== code)
        violations.push(
          `transfer ${transfer.id} at ${height}.${firstIndex + index} got code ${codes[index]}, not ${code}`,
        );
    }
  }
  for (const read of reads) {
    if (differs(read, model.at(read.account, read.height)))
      violations.push(
        `replica ${read.replica} showed sums of account ${read.account} at ${read.height} that never were`,
      );
  }
  return { violations, model };
}

/** What was acknowledged before something else began has its place before it. */
function checkRealTime(ordered) {
  const violations = [];
  let earliestEndMs = Infinity;
  for (const payment of [...ordered].reverse()) {
    if (earliestEndMs < payment.begunMs)
      violations.push(`a payment at ${payment.height} began after a later one was acknowledged`);
    earliestEndMs = Math.min(earliestEndMs, payment.endedMs);
  }
  return violations;
}

/** What a replica's accounts say in the end, against the model and against money being conserved. */
export function checkAccounts(found, model) {
  const violations = [];
  let sum = 0n;
  for (const seen of found) {
    if (differs(seen, model.at(seen.account, Infinity)))
      violations.push(`replica ${seen.replica} has other sums of account ${seen.account} in the end`);
    sum += seen.credits - seen.debits;
  }
  if (sum !== 0n)
    violations.push(`money was made or lost: the balances of replica ${found[0].replica} add up to ${sum}`);
  return violations;
}
