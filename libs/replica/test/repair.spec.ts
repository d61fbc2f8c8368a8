import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatId } from '@quorate/protocol';
import type { ReplicaConnection, SubmitReply } from '@quorate/transport';
import { Cluster, setUpOperations, transfer } from './cluster';

const MAGIC = Buffer.from('51525446', 'hex');
const OVERHEAD_BYTES = 64;
const BLOCK = 2;
const VOTE_STATE = 4;

interface FoundFrame {
  readonly kind: number;
  readonly offset: number;
  readonly end: number;
}

/** Frames of the first segment of a stopped replica's journal, by their headers. */
function frames(journal: Buffer): FoundFrame[] {
  const found: FoundFrame[] = [];
  for (let offset = 0; journal.subarray(offset, offset + 4).equals(MAGIC);) {
    const end = offset + OVERHEAD_BYTES + journal.readUInt32BE(offset + 8);
    found.push({ kind: journal[offset + 5], offset, end });
    offset = end;
  }
  return found;
}

const journalPath = (cluster: Cluster, index: number) =>
  join(cluster.replicas[index].directory, 'journal', 'journal-000001');

/** Damages frames of a stopped replica's journal. */
function damage(cluster: Cluster, index: number, choose: (all: FoundFrame[]) => FoundFrame[]): void {
  const path = journalPath(cluster, index);
  const journal = readFileSync(path);
  const chosen = choose(frames(journal));
  if (chosen.length === 0) throw new Error('no frame to damage');
  for (const { offset, end } of chosen) journal.fill(0xee, offset + 8, end - 3);
  writeFileSync(path, journal);
}

const blocksBut = (last: number) => (all: FoundFrame[]) => all.filter(({ kind }) => kind === BLOCK).slice(1, -last);

let cluster: Cluster;
let client: ReplicaConnection;

async function start(count: number): Promise<void> {
  cluster = await Cluster.start(count);
  client = await cluster.connect(0);
  await submit(cluster.envelope(setUpOperations(cluster.operator, 2)));
  for (let id = 100n; id < 112n; id += 1n) await submit(cluster.envelope([transfer(id, 1n, 2n, 1n)]));
}

async function submit(envelope: Uint8Array): Promise<SubmitReply> {
  const reply = await client.submit(envelope);
  expect(reply.kind).toBe('final');
  return reply;
}

describe('a replica whose journal is damaged', () => {
  afterEach(async () => {
    await client.close();
    await cluster.stop();
  });

  it('fetches the blocks from its peers, takes part again, and needs them no second time', async () => {
    await start(4);
    await cluster.kill(3);
    damage(cluster, 3, blocksBut(3));
    await cluster.restart(3);
    await submit(cluster.envelope([transfer(200n, 1n, 2n, 5n)]));
    const repaired = await cluster.connect(3);
    for (;;) {
      const answer = await repaired.query({ query: 'transfer', id: formatId(200n) });
      if (answer.kind === 'transfer') break;
    }
    for (let id = 100n; id < 112n; id += 1n)
      expect(await repaired.query({ query: 'transfer', id: formatId(id) })).toMatchObject({ kind: 'transfer' });
    await repaired.close();
    await cluster.replicas[3].untilStatus(({ journalDamage }) => journalDamage > 0);
    // Now all others are away: what it fetched is on its own disk.
    for (const index of [0, 1, 2, 3]) await cluster.kill(index);
    await cluster.restart(3);
  });

  it('helps peers that are damaged at other places', async () => {
    await start(4);
    for (const index of [0, 1, 2, 3]) await cluster.kill(index);
    damage(cluster, 0, (all) => blocksBut(3)(all).slice(0, 2));
    damage(cluster, 1, (all) => blocksBut(3)(all).slice(4, 6));
    damage(cluster, 2, (all) => blocksBut(3)(all).slice(1, 3));
    await Promise.all([0, 1, 2, 3].map((index) => cluster.restart(index)));
    client = await cluster.connect(0);
    await submit(cluster.envelope([transfer(200n, 1n, 2n, 5n)]));
  });

  it.each([1, 4])('does not start when none of %d replicas has the blocks, and names them', async (count) => {
    await start(count);
    const all = Array.from({ length: count }, (_, index) => index);
    for (const index of all) await cluster.kill(index);
    for (const index of all) damage(cluster, index, (frames) => blocksBut(3)(frames).slice(2, 4));
    const starts = await Promise.allSettled(all.map((index) => cluster.restart(index)));
    for (const outcome of starts)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringMatching(/REPLICA_HISTORY_LOST.*blocks \d+ to \d+ are damaged here/) },
      });
  });

  it('does not vote again when its newest votes are damaged', async () => {
    await start(4);
    await cluster.kill(3);
    damage(cluster, 3, (all) => {
      // Certificates behind it prove that it was durable.
      const last = all.findLastIndex(({ kind }) => kind === VOTE_STATE);
      return last >= 0
        ? all
            .filter(({ kind }) => kind === VOTE_STATE)
            .slice(0, -1)
            .concat(all[last])
        : [];
    });
    await expect(cluster.restart(3)).rejects.toThrow(/REPLICA_VOTES_LOST/);
  });
});
