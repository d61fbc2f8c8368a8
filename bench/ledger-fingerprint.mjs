// Executes a fixed log and prints the hash of all its results' roots and of the state after it: the same in every process and on
// every version of Node.js. `tools/determinism.mjs` runs it on several.
import { createHash } from 'node:crypto';
import { envelopesOf, openAccounts, openLedger } from './ledger-mixes.mjs';

const blocksPerMix = 12;
const chunkBytes = 65_536;
const mixes = [{}, { twoPhase: true }, { chains: true }].map((mix) => ({ accounts: 5_000, ...mix }));

function hashState(ledger, hash) {
  for (const section of ledger.capture().sections) {
    while (!section.prepare());
    hash.update(section.section);
    for (let offset = 0; offset < section.lengthBytes; offset += chunkBytes) {
      const bytes = new Uint8Array(Math.min(chunkBytes, section.lengthBytes - offset));
      section.read(offset, bytes);
      hash.update(bytes);
    }
  }
}

const hash = createHash('sha256');
for (const mix of mixes) {
  const bench = openLedger();
  openAccounts(bench, mix.accounts);
  const next = envelopesOf(bench, mix);
  for (let block = 0; block < blocksPerMix; block += 1) hash.update(bench.execute(next()).resultsRoot);
  // The same ids again: now every one is a retry that differs.
  const again = envelopesOf(bench, mix);
  hash.update(bench.execute(again()).resultsRoot);
  hashState(bench.ledger, hash);
}
console.log(hash.digest('hex'));
