import type { ScaleOutcome, ScaleRefusal } from '@quorate/database';
import { Problem } from '../http/problem';
import { toLedgerView } from './ledger-view';
import type { LedgerView } from './ledgers.schemas';

/** The answer to a wish to change a replica set: the ledger as it is wanted now, or the refusal. */
export function scaledView(outcome: ScaleOutcome | null): LedgerView {
  if (outcome === null || outcome.kind === 'unknown')
    throw new Problem('LEDGER_UNKNOWN', { detail: 'there is no such ledger' });
  if (outcome.kind === 'refused') throw new Problem(outcome.code, { detail: detailOf(outcome) });
  return toLedgerView(outcome.record, Date.now());
}

function detailOf(refusal: ScaleRefusal): string {
  switch (refusal.code) {
    case 'LEDGER_NOT_READY':
      return `the ledger is ${refusal.state}`;
    case 'LEDGER_CHANGE_UNDER_WAY':
      return 'one change of the replica set at a time; wait until the next epoch is in force';
    case 'QUOTA_REPLICAS_EXHAUSTED':
      return `the ledgers of this tenant have ${refusal.held} replicas of ${refusal.replicasMax}`;
    case 'FLEET_WORKERS_SHORT':
      return `${refusal.needed} more workers with room are needed and ${refusal.available} are there`;
    case 'REPLICA_NOT_RUNNING':
      return 'only a replica that runs can make another key';
    case 'REPLICA_UNKNOWN':
      return 'the ledger has no replica with this index';
  }
}
