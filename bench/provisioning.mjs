// How long an institution waits for its ledger.
import { createLedger } from './institution.mjs';
import { ms, percentile } from './figures.mjs';

/** Provisions and retires `rounds` ledgers of each class, one after another. */
export async function measureProvisioning(institution, rounds) {
  const rows = [];
  for (const ledgerClass of ['sandbox', 'standard']) {
    const samples = [];
    for (let round = 0; round < rounds; round += 1) {
      const ledger = await createLedger(institution, ledgerClass, `${ledgerClass} ${round}`);
      samples.push(ledger.readyMs);
      await institution.controlPlane.retireLedger(ledger.id);
    }
    const replicas = ledgerClass === 'standard' ? 4 : 1;
    rows.push([
      `provision a ${ledgerClass} ledger (${replicas} replica${replicas > 1 ? 's' : ''}), n=${rounds}`,
      ms(percentile(samples, 0.5)),
      ms(percentile(samples, 0.95)),
    ]);
  }
  return rows;
}
