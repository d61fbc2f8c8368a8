// Latency and throughput of transfers on a standard ledger, through the gateway, acknowledged after a quorum's fsync.
import { createRequire } from 'node:module';
import { envelopeOf, transfer } from './institution.mjs';
import { ms, percentile, runFor } from './figures.mjs';

const require = createRequire(import.meta.url);
const { verifyReceipt } = require('@quorate/light-client');

function randomTransfer(accounts) {
  const debit = Math.floor(Math.random() * accounts.length);
  const credit = (debit + 1 + Math.floor(Math.random() * (accounts.length - 1))) % accounts.length;
  return transfer(accounts[debit], accounts[credit], 1n);
}

/** The first rounds warm all processes up. */
const warmUpRounds = 150;

/** One transfer at a time: until it is final, and until its receipt is fetched and verified. */
export async function measureLatency(institution, ledger, accounts, singles) {
  const final = [];
  const proven = [];
  for (let round = 0; round < singles + warmUpRounds; round += 1) {
    const operation = randomTransfer(accounts);
    const envelope = await envelopeOf(ledger, [operation]);
    const began = performance.now();
    await institution.gateway.submit(ledger.id, envelope);
    const finalMs = performance.now() - began;
    const receipt = await institution.gateway.receipt(ledger.id, operation.transfer.id);
    const outcome = verifyReceipt(receipt, ledger.genesisId);
    if (!outcome.ok || outcome.result !== 'applied') throw new Error(`receipt refused: ${JSON.stringify(outcome)}`);
    if (round < warmUpRounds) continue;
    final.push(finalMs);
    proven.push(performance.now() - began);
  }
  const row = (name, samples) => [name, ms(percentile(samples, 0.5)), ms(percentile(samples, 0.99))];
  return [
    row(`one transfer, final, n=${singles}`, final),
    row(`one transfer, receipt fetched and verified, n=${singles}`, proven),
  ];
}

/** Transfers per second in envelopes of `batch`, on `lanes` clients at once. */
export async function measureThroughput(institution, ledger, accounts, { batch, lanes, forMs }) {
  const samples = [];
  let applied = 0;
  const seconds = await runFor(forMs, lanes, async () => {
    const operations = Array.from({ length: batch }, () => randomTransfer(accounts));
    const envelope = await envelopeOf(ledger, operations);
    const began = performance.now();
    const { results } = await institution.gateway.submit(ledger.id, envelope);
    samples.push(performance.now() - began);
    applied += results.filter(({ code }) => code === 'applied').length;
  });
  return { batch, lanes, rate: applied / seconds, p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
}
