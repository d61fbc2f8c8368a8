import { Reader } from '@quorate/codec';
import { readAsset } from './asset-table';
import { PartyTable } from './party-table';
import type { RestoredSections } from './restored-sections';
import { SECTIONS, type SectionName } from './section';
import { readStateHead, type StateHead } from './state-head';
import { balanceOf, type TrialBalance } from './trial-balance';
import { LEDGER_LIMITS } from './limits';

/** What of a state is read to inspect it. */
export const INSPECTED_SECTIONS: readonly SectionName[] = ['head', 'parties', 'assets', 'accounts', 'accountPendings'];

/** Where a ledger stood and what its accounts add up to. */
export interface StateInspection extends StateHead {
  readonly trialBalance: TrialBalance;
}

/**
 * Reads this from the sections of a state (INSPECTED_SECTIONS) without making a ledger of them, which would have to index every transfer.
 * `transferBytes` is the length of the section `transferIds`. Throws SnapshotError or CodecError.
 */
export function inspectState(sections: RestoredSections, transferBytes: number): StateInspection {
  const parties = new PartyTable(LEDGER_LIMITS.partiesMax);
  parties.restore(sections);
  const assets: number[] = [];
  const reader = new Reader(sections.bytes('assets'));
  while (reader.remaining > 0) assets.push(readAsset(reader, assets.length, parties).id);
  const rows = {
    count: sections.rows('accounts'),
    balances: sections.words('accounts'),
    pendings: sections.words('accountPendings'),
  };
  const counts = { parties: parties.size, transfers: transferBytes / SECTIONS.transferIds.rowBytes };
  return { ...readStateHead(sections), trialBalance: balanceOf(assets, rows, counts) };
}
