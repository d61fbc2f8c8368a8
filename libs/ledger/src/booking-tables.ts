import type { AccountTable } from './account-table';
import type { AssetTable } from './asset-table';
import type { PendingTable } from './pending-table';
import type { TransferTable } from './transfer-table';

/** The tables that transfers read and write. */
export interface BookingTables {
  readonly assets: AssetTable;
  readonly accounts: AccountTable;
  readonly transfers: TransferTable;
  readonly pendings: PendingTable;
}
