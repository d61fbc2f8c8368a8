import type { ReplicaAnswer, ReplicaConnection, SubmitReply } from '@quorate/transport';

import { GATEWAY_LIMITS } from '../limits';
import type { ReadyLedger } from '../routes/ledger-routes';
import { LedgerLink } from './ledger-link';
import { submit } from './submission';

type Behaviour = (envelope: Uint8Array) => Promise<SubmitReply>;

const silent: Behaviour = () => new Promise(() => undefined);
const final = (height: number, codes = [0, 116]): SubmitReply => ({
  kind: 'final',
  height,
  firstIndex: 0,
  timeNs: 1n,
  codes: Uint16Array.from(codes),
});
const finalAt =
  (height: number, codes?: number[]): Behaviour =>
  async () =>
    final(height, codes);
const refuses =
  (code: string): Behaviour =>
  async () => ({ kind: 'refused', code });
const down = null;

/** Four ends that answer as told, behind the port through which the gateway reaches replicas. Replica 0 leads. */
class Ends {
  readonly submitted: number[] = [];

  constructor(private readonly behaviours: readonly (Behaviour | null)[]) {}

  link(): LedgerLink {
    const replicas = this.behaviours.map((_, index) => ({
      index,
      host: 'replica',
      port: index,
      certificate: '',
      joining: false,
    }));
    const ledger: ReadyLedger = {
      ledgerId: 'ledger',
      genesis: new Uint8Array(),
      genesisId: new Uint8Array(),
      replicas,
    };
    return new LedgerLink(ledger, { key: '', certificate: '' }, ({ port }) => this.connect(port));
  }

  private async connect(index: number): Promise<ReplicaConnection> {
    const behaviour = this.behaviours[index];
    if (behaviour === null) throw new Error('connection refused');
    const status = {
      epoch: 1,
      self: index,
      term: 1,
      leader: 0,
      height: 5,
      executedHeight: 5,
      provenHeight: 4,
      finalityMs: 3,
    };
    return {
      submit: (envelope) => {
        this.submitted.push(index);
        return behaviour(envelope);
      },
      query: async (): Promise<ReplicaAnswer> => ({ height: 5, status }),
      readChain: () => Promise.reject(new Error('nobody reads the chain here')),
      subscribe: () => () => undefined,
      closed: new Promise(() => undefined),
      close: () => undefined,
    };
  }
}

const envelope = { bytes: new Uint8Array([1]), operationCount: 2 };
const times = { submitHedgeMs: 20, submitTotalMs: 200 };
const run = (ends: Ends) => submit(ends.link(), envelope, times);

describe('submission', () => {
  it('asks the leader alone when it answers', async () => {
    const ends = new Ends([finalAt(6), finalAt(7), finalAt(7), finalAt(7)]);
    expect(await run(ends)).toMatchObject({ kind: 'final', height: 6 });
    expect(ends.submitted).toEqual([0]);
  });

  it('asks everyone when the leader is silent', async () => {
    const ends = new Ends([silent, silent, finalAt(7), silent]);
    expect(await run(ends)).toMatchObject({ kind: 'final', height: 7 });
    expect(ends.submitted.sort()).toEqual([0, 1, 2, 3]);
  });

  it('asks everyone at once when the leader is down', async () => {
    const ends = new Ends([down, finalAt(7), silent, silent]);
    // Longer than the test may take: whoever waited for the hedge would never answer.
    const never = { submitHedgeMs: 3_600_000, submitTotalMs: 7_200_000 };
    expect(await submit(ends.link(), envelope, never)).toMatchObject({ height: 7 });
  });

  it('does not believe the refusal of a single replica', async () => {
    const ends = new Ends([refuses('envelope_party_unknown'), finalAt(7), silent, silent]);
    expect(await run(ends)).toMatchObject({ kind: 'final', height: 7 });
  });

  it('believes a refusal of two of four, and of the only one', async () => {
    const four = new Ends([refuses('envelope_expired'), silent, refuses('envelope_expired'), silent]);
    expect(await run(four)).toMatchObject({ kind: 'refused', code: 'envelope_expired' });
    expect(await run(new Ends([refuses('envelope_expired')]))).toMatchObject({
      kind: 'refused',
      code: 'envelope_expired',
    });
  });

  it('does not send a busy ledger more than it was sent', async () => {
    const ends = new Ends([refuses('busy'), finalAt(7), finalAt(7), finalAt(7)]);
    expect(await run(ends)).toMatchObject({ kind: 'refused', code: 'busy' });
    expect(ends.submitted).toEqual([0]);
  });

  it.each([
    ['too few results', finalAt(6, [0])],
    ['a result that does not exist', finalAt(6, [0, 65_000])],
  ])('drops an answer with %s', async (_, nonsense) => {
    const ends = new Ends([nonsense, finalAt(7), silent, silent]);
    expect(await run(ends)).toMatchObject({ kind: 'final', height: 7 });
  });

  it('does not ask everyone for more than a bounded number of submissions, and gives the places back', async () => {
    const ends = new Ends([silent, finalAt(7), silent, silent]);
    const link = ends.link();
    let taken = 0;
    while (link.widen()) taken += 1;
    expect(taken).toBe(GATEWAY_LIMITS.widenedPerLedgerMax);
    const pending = submit(link, envelope, { submitHedgeMs: 10, submitTotalMs: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ends.submitted).toEqual([0]);
    link.narrow();
    expect(await pending).toMatchObject({ height: 7 });
    expect(link.widen()).toBe(true);
    expect(link.widen()).toBe(false);
  });

  it('says that the outcome is unknown when nobody answers in time, or nobody is there', async () => {
    expect(await run(new Ends([silent, silent, silent, silent]))).toEqual({ kind: 'unknown' });
    expect(await run(new Ends([down, down, down, down]))).toEqual({ kind: 'unknown' });
  });
});
