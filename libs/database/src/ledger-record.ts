import type { Transaction } from './connection';
import type { LedgerEntity } from './entities/ledger.entity';
import { ReplicaEntity } from './entities/replica.entity';

/** A ledger with its replicas: the members of the configuration in force in order, and those that are to join. */
export interface LedgerRecord {
  readonly ledger: LedgerEntity;
  readonly replicas: readonly ReplicaEntity[];
  readonly joiners: readonly ReplicaEntity[];
}

/** Reads what belongs to a ledger. */
export async function readLedgerRecord(transaction: Transaction, ledger: LedgerEntity): Promise<LedgerRecord> {
  const replicas = await transaction.find(ReplicaEntity, {
    where: [
      { ledgerId: ledger.id, current: true },
      { ledgerId: ledger.id, joining: true },
    ],
    order: { index: 'ASC' },
  });
  return toLedgerRecord(ledger, replicas);
}

/** Sorts replicas, which are in order, into members and joiners. */
export function toLedgerRecord(ledger: LedgerEntity, replicas: readonly ReplicaEntity[]): LedgerRecord {
  const joiners = replicas.filter((replica) => replica.joining && replica.state !== 'destroyed');
  return { ledger, replicas: replicas.filter((replica) => replica.current), joiners };
}
