import { AssetTable, TOTAL } from './asset-table';
import { hashKeyFrom } from './id-hash';
import { LedgerMemory } from './ledger-memory';
import { LEDGER_LIMITS } from './limits';
import { PartyTable } from './party-table';

const FIVE = Uint32Array.of(5, 0, 0, 0);

function tableWithOneAsset(): AssetTable {
  const parties = new PartyTable(4);
  parties.addOperator({ id: 1n, name: 'issuer', threshold: 1, keys: [] }, 0n);
  const memory = new LedgerMemory(LEDGER_LIMITS, hashKeyFrom(5));
  const assets = new AssetTable(parties, 4, 4, memory);
  memory.reserve({ rows: 4, operations: 4, envelopeBytes: 0 });
  const draft = {
    id: 7,
    code: 'EUR',
    scale: 2,
    issuer: 1n,
    issuing: 'free',
    maximumSupply: 0n,
    transfers: 'open',
  } as const;
  assets.create(draft, 1n);
  return assets;
}

it('takes sums of accounts into the totals as they are written, up and down, and finds them balanced', () => {
  const assets = tableWithOneAsset();
  const sums = Uint32Array.of(0xffff_fffe, 0xffff_ffff, 1, 0, 10, 0, 0, 0);
  assets.enlarge(0, TOTAL.debits, sums, 0, FIVE, 0);
  assets.enlarge(0, TOTAL.credits, sums, 4, FIVE, 0);
  expect([...sums]).toEqual([3, 0, 2, 0, 15, 0, 0, 0]);
  expect([assets.total(0, TOTAL.debits), assets.total(0, TOTAL.credits)]).toEqual([5n, 5n]);
  assets.assertBalanced(1);
  assets.lessen(0, TOTAL.debits, sums, 0, FIVE, 0);
  assets.lessen(0, TOTAL.credits, sums, 4, FIVE, 0);
  expect([...sums]).toEqual([0xffff_fffe, 0xffff_ffff, 1, 0, 10, 0, 0, 0]);
  expect([assets.total(0, TOTAL.debits), assets.total(0, TOTAL.credits)]).toEqual([0n, 0n]);
  assets.assertBalanced(2);
});

it('notices when a sum of an account did not take what was booked', () => {
  const assets = tableWithOneAsset();
  const sums = Uint32Array.of(0, 0, 0, 0);
  assets.enlarge(0, TOTAL.debits, sums, 0, FIVE, 0);
  // Behind the end of the table a write is lost without a sound.
  assets.enlarge(0, TOTAL.credits, sums, 4, FIVE, 0);
  expect(() => assets.assertBalanced(1)).toThrow('debits equal credits');
});
