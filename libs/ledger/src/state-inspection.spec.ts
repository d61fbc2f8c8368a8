import { TRANSFER_FLAGS } from '@quorate/protocol';
import { account, openedLedger, transfer } from '../test/ledger-fixture';
import { bytesOf } from '../test/snapshot-bytes';
import { INSPECTED_SECTIONS, RestoredSections, SECTIONS, SnapshotError, inspectState } from '.';
import { BALANCE, BALANCE_WORDS } from './account-table';
import { balanceOf } from './trial-balance';

/** Only what an inspection reads. */
function sectionsOf(bytes: ReadonlyMap<string, Uint8Array>): RestoredSections {
  const sections = new RestoredSections();
  for (const name of INSPECTED_SECTIONS) {
    const content = bytes.get(name) ?? new Uint8Array(0);
    sections.begin(name, content.length);
    sections.write(name, 0, content);
  }
  return sections;
}

describe('the inspection of a state', () => {
  it('finds what the ledger itself says, from few of its sections', () => {
    const driver = openedLedger();
    driver.run([account(600n, { asset: 978 })]);
    for (let id = 1n; id < 20n; id += 1n)
      driver.run([
        transfer(id, { amount: (1n << 90n) + id }),
        transfer(100n + id, { debitAccount: 400n, creditAccount: 600n, asset: 978, amount: 0xffff_ffffn }),
        transfer(200n + id, { amount: 7n, flags: TRANSFER_FLAGS.pending, timeoutSeconds: 1_000 }),
      ]);
    const { ledger } = driver;
    const bytes = bytesOf(ledger.capture());
    const transferBytes = bytes.get('transferIds')?.length ?? 0;
    expect(inspectState(sectionsOf(bytes), transferBytes)).toEqual({
      height: ledger.height,
      timeNs: ledger.timeNs,
      trialBalance: ledger.trialBalance(),
    });
    expect(ledger.trialBalance()).toMatchObject({
      assets: [
        { asset: 756, accounts: 4, debitsPosted: (1n << 90n) * 19n + 190n, debitsPending: 133n, creditsPending: 133n },
        { asset: 978, accounts: 2, debitsPosted: 0xffff_ffffn * 19n, debitsPending: 0n },
      ],
      counts: { parties: 2, assets: 2, accounts: 6, transfers: 57 },
    });
    expect(transferBytes / SECTIONS.transferIds.rowBytes).toBe(57);
  });

  it('refuses an account of an asset that does not exist, and a state of another version', () => {
    const bytes = bytesOf(openedLedger().ledger.capture());
    const refused = (name: string, at: number): void => {
      const copy = new Map([...bytes].map(([each, content]) => [each as string, content.slice()]));
      const content = copy.get(name);
      if (content !== undefined) content[at] = 99;
      expect(() => inspectState(sectionsOf(copy), 0)).toThrow(SnapshotError);
    };
    refused('accounts', BALANCE.asset * 4);
    refused('head', 1);
  });

  it('adds up more accounts with the largest balances than fit a number', () => {
    const count = 2 ** 21 + 3;
    const balances = new Uint32Array(count * BALANCE_WORDS);
    for (let row = 0; row < count; row += 1) {
      const at = row * BALANCE_WORDS;
      balances.fill(0xffff_ffff, at + BALANCE.debits, at + BALANCE.credits + 4);
    }
    const { assets } = balanceOf(
      [756],
      { count, balances, pendings: new Uint32Array(0) },
      { parties: 1, transfers: 0 },
    );
    const largest = ((1n << 128n) - 1n) * BigInt(count);
    expect(assets[0]).toMatchObject({ accounts: count, debitsPosted: largest, creditsPosted: largest });
  });
});
