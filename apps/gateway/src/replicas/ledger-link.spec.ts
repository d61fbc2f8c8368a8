import type { ReplicaAnswer, ReplicaConnection, ReplicaQuery } from '@quorate/transport';

import { LedgerLink } from './ledger-link';

const found: ReplicaAnswer = { height: 5, kind: 'transfer', transfer: {} };
const refusal = (code: string): ReplicaAnswer => ({ height: 5, kind: 'error', code, detail: 'why' });
const lost = refusal('REPLICA_HISTORY_INCOMPLETE');

/** Replicas that answer each query as told, the leader first, and the order in which they were asked. */
function asked(answers: readonly ReplicaAnswer[]) {
  const order: number[] = [];
  const replicas = answers.map((_, index) => ({
    index,
    host: 'replica',
    port: index,
    certificate: '',
    joining: false,
  }));
  const ledger = { ledgerId: 'ledger', genesis: new Uint8Array(), genesisId: new Uint8Array(), replicas };
  const connect = ({ port }: { readonly port: number }): Promise<ReplicaConnection> => {
    const heights = { height: 5, executedHeight: 5, provenHeight: 4 };
    const status = { epoch: 1, self: port, term: 1, leader: 0, ...heights, finalityMs: 3 };
    return Promise.resolve({
      query: (query: ReplicaQuery): Promise<ReplicaAnswer> => {
        if (query.query === 'status') return Promise.resolve({ height: 5, status });
        order.push(port);
        return Promise.resolve(answers[port]);
      },
      submit: () => Promise.reject(new Error('nothing is submitted here')),
      readChain: () => Promise.reject(new Error('nobody reads the chain here')),
      subscribe: () => () => undefined,
      closed: new Promise(() => undefined),
      close: () => undefined,
    });
  };
  const link = new LedgerLink(ledger, { key: '', certificate: '' }, connect);
  return { answer: link.query({ query: 'transfer', id: '1' }), order };
}

describe('a query to the replicas of a ledger', () => {
  it('goes to the leader alone when that can answer', async () => {
    const { answer, order } = asked([found, found]);
    expect(await answer).toEqual(found);
    expect(order).toEqual([0]);
  });

  it.each(['REPLICA_HISTORY_INCOMPLETE', 'REPLICA_ARCHIVE_UNREACHABLE', 'REPLICA_FENCE_TIMEOUT'])(
    'goes to another replica after %s, however many say so',
    async (code) => {
      const { answer, order } = asked([refusal(code), lost, found, found]);
      expect(await answer).toEqual(found);
      expect(order).toHaveLength(3);
    },
  );

  it('says what the first one lacked when none can answer', async () => {
    const { answer, order } = asked([lost, refusal('REPLICA_ARCHIVE_UNREACHABLE')]);
    expect(await answer).toEqual(lost);
    expect(order).toHaveLength(2);
  });

  it('is not repeated when the query is wrong', async () => {
    const { answer, order } = asked([refusal('CURSOR_INVALID'), found]);
    expect(await answer).toMatchObject({ code: 'CURSOR_INVALID' });
    expect(order).toEqual([0]);
  });
});
