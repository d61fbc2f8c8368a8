import { GATEWAY_LIMITS } from '../limits';
import { LedgerLink } from '../replicas/ledger-link';
import { BlockStreams } from './block-streams';
import type { EventStream } from './event-stream';

/** A ledger whose replicas nobody can reach: its streams are open and silent. */
const ledger = (): LedgerLink =>
  new LedgerLink(
    { ledgerId: 'ledger', genesis: new Uint8Array(0), genesisId: new Uint8Array(0), replicas: [] },
    { key: '', certificate: '' },
    () => Promise.reject(new Error('there are no replicas')),
  );
const allowed = () => Promise.resolve();
const streams = new BlockStreams();
const opened: EventStream[] = [];

function open(tenantId: string, link: LedgerLink): EventStream {
  const stream = streams.start({ tenantId, link, stillAllowed: allowed });
  opened.push(stream);
  return stream;
}

const closed = (stream: EventStream): Promise<void> =>
  new Promise((resolve) => {
    stream.readable.once('close', resolve);
    stream.readable.destroy();
  });

describe('block streams', () => {
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(closed));
  });

  it('gives one ledger so many and no more, and a place again when one is closed', async () => {
    const link = ledger();
    for (let count = 0; count < GATEWAY_LIMITS.streamsPerLedgerMax; count += 1) open('one', link);
    expect(() => open('one', link)).toThrow(expect.objectContaining({ code: 'STREAM_LIMITED' }));
    const [first] = opened.splice(0, 1);
    await closed(first);
    expect(() => open('one', link)).not.toThrow();
  });

  it('gives one tenant so many over all its ledgers, and others theirs', () => {
    const { streamsPerTenantMax, streamsPerLedgerMax } = GATEWAY_LIMITS;
    const links = Array.from({ length: streamsPerTenantMax / streamsPerLedgerMax }, ledger);
    for (const link of links) for (let count = 0; count < streamsPerLedgerMax; count += 1) open('one', link);
    const another = ledger();
    expect(() => open('one', another)).toThrow(expect.objectContaining({ code: 'STREAM_LIMITED' }));
    expect(() => open('two', another)).not.toThrow();
  });
});
