import type { AccountTable } from './account-table';
import type { AssetTable } from './asset-table';
import type { MandateTable } from './mandate-table';
import type { PartyTable } from './party-table';
import type { PendingTable } from './pending-table';
import type { ResultCapture } from './result-capture';
import type { TransferTable } from './transfer-table';

/** The tables that transfers read and write, and what is noted of their results. */
export interface BookingTables {
  readonly parties: PartyTable;
  readonly assets: AssetTable;
  readonly accounts: AccountTable;
  readonly transfers: TransferTable;
  readonly pendings: PendingTable;
  readonly capture: ResultCapture;
  readonly mandates: MandateTable;
}
