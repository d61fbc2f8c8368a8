import type { Genesis } from '@quorate/protocol';
import type { BlockStore } from './block-store';
import { BlockTimes } from './block-times';
import type { Executor } from './executor';
import { PastBlocks } from './past-blocks';
import { Queries, type QuerySources } from './queries';
import { Receipts } from './receipts';
import { ResultTrees } from './result-trees';
import { Statements } from './statements';
import { TransferHistory } from './transfer-history';

/** What queries are answered from: the replica's chain and state, and what proves them. */
export interface QueryOrigin extends Pick<QuerySources, 'provingTip' | 'nextTip' | 'status' | 'fence'> {
  readonly genesis: Genesis;
  readonly store: BlockStore;
  readonly executor: Executor;
}

/** Puts together everything that answers clients' queries. */
export function makeQueries(origin: QueryOrigin): Queries {
  const { genesis, store, executor } = origin;
  const trees = new ResultTrees(store, executor);
  const times = new BlockTimes(store, genesis.parent?.height ?? 0, () => executor.height);
  return new Queries({
    ...origin,
    receipts: new Receipts(genesis, trees, executor),
    statements: new Statements(genesis, times, executor, trees),
    transfers: new TransferHistory(executor.ledger, new PastBlocks(store, executor), times),
  });
}
