import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Block } from '@quorate/consensus';
import { hex } from '@quorate/crypto';
import { CodedError } from '@quorate/errors';
import { verifyReceipt } from '@quorate/light-client';
import { formatId, genesisId } from '@quorate/protocol';
import { drawFrom } from '../../storage/test/corruption';
import { harmFile } from '../../storage/test/harm';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import type { BlockSource } from '../src/history-mender';
import type { Replica } from '../src/replica';
import { ReplicaError } from '../src/replica-error';
import { consensusPublicKey, makeReplicaKeys, readReplicaKeys, writeReplicaKeys } from '../src/replica-keys';
import { setUpOperations, transfer } from './cluster';
import { LoneLedger } from './lone-replica';

jest.setTimeout(3_600_000);

/** A whole replica takes a hundred times as long as a journal. */
const CASES = Math.ceil(Number(process.env.QUORATE_CORRUPTIONS ?? 6_000) / 60);
const SEED = Number(process.env.QUORATE_SEED ?? 1);
const SEGMENT_BYTES = 16_384;
const TRANSFERS = 30;
const REFUSALS = [
  'REPLICA_GENESIS_DIFFERS',
  'REPLICA_HISTORY_INCOMPLETE',
  'REPLICA_HISTORY_LOST',
  'REPLICA_VOTES_LOST',
  'STORAGE_CORRUPT',
  'STORAGE_FOREIGN',
];

/** Both directories of a replica, with names that tell which one a file is in. */
class Disks {
  constructor(
    readonly journal = new MemoryDirectory(SEGMENT_BYTES),
    readonly snapshots = new MemoryDirectory(),
  ) {}

  /** Everything as one disk, by the same bytes. */
  get whole(): MemoryDirectory {
    const disk = new MemoryDirectory();
    for (const directory of [this.journal, this.snapshots])
      for (const [name, bytes] of directory.files) disk.files.set(name, bytes);
    return disk;
  }

  copy(): Disks {
    return new Disks(this.journal.copy(), this.snapshots.copy());
  }

  /** Takes over what was changed, replaced or removed in `whole`. */
  take(changed: MemoryDirectory): void {
    for (const directory of [this.journal, this.snapshots])
      for (const name of directory.files.keys()) {
        const bytes = changed.files.get(name);
        if (bytes === undefined) directory.files.delete(name);
        else directory.files.set(name, bytes);
      }
  }
}

async function untilExecuted(replica: Replica, ledger: LoneLedger): Promise<void> {
  const { height } = replica.status();
  while (replica.status().executedHeight < height && ledger.faults.length === 0)
    await new Promise((resolve) => setImmediate(resolve));
}

async function creditsOf(replica: Replica): Promise<number> {
  const { account } = await replica.query({ query: 'account', id: formatId(2n) });
  return Number((account as { creditsPostedMinor?: string } | undefined)?.creditsPostedMinor ?? 0);
}

/** A ledger's replica that stopped: its disk, how that looked before, at which height each transfer was booked, and its final blocks. */
async function writeHistory(vaultByte: number) {
  const ledger = new LoneLedger();
  const disks = new Disks();
  const earlier: MemoryDirectory[] = [];
  const blocks = new Map<string, Block>();
  const heights: number[] = [];
  const open = (where: Disks, source: BlockSource, hasVoted = true): Promise<Replica> =>
    ledger.open({
      directory: where.journal,
      snapshots: where.snapshots,
      vault: ledger.vault(vaultByte),
      spacing: { blocks: 8, operations: 1_000_000 },
      hasVoted,
      source,
      observer: {
        final: (final) => final.forEach((block) => blocks.set(block.key, block)),
        executed: () => undefined,
      },
    });
  const replica = await open(disks, nobody, false);
  await ledger.submit(replica, ...setUpOperations(ledger.operator, 1));
  for (let index = 0; index < TRANSFERS; index += 1) {
    if (index % 5 === 0) earlier.push(disks.copy().whole);
    const reply = await ledger.submit(replica, transfer(BigInt(100 + index), 1n, 2n, 1n));
    heights.push(reply.kind === 'final' ? reply.height : 0);
  }
  while (replica.status().snapshotHeight < 24) await new Promise((resolve) => setImmediate(resolve));
  await untilExecuted(replica, ledger);
  await replica.close();
  return { ledger, disks, earlier, heights, blocks, open };
}

type History = Awaited<ReturnType<typeof writeHistory>>;

/** No other replica has what is missing here. */
const nobody: BlockSource = {
  fetch: ({ height, fromHeight }) =>
    Promise.reject(new ReplicaError('REPLICA_HISTORY_LOST', 'nobody has it', { height, fromHeight })),
};

/** Whatever a question is answered with is what was booked, or a named refusal. */
async function expectTruth(replica: Replica, { ledger, heights }: History, seed: number): Promise<void> {
  const { executedHeight } = replica.status();
  const booked = heights.filter((height) => height <= executedHeight).length;
  const credits = await creditsOf(replica);
  if (credits !== booked) throw new Error(`case ${seed}: ${credits} were credited at ${executedHeight}, not ${booked}`);
  for (const index of [0, 7, TRANSFERS - 1]) {
    const id = formatId(BigInt(100 + index));
    const answer = await replica.query({ query: 'transfer', id });
    const wanted = heights[index] <= executedHeight ? 'transfer' : 'unknown';
    if (answer.kind !== wanted && answer.kind !== 'error') throw new Error(`case ${seed}: ${id} is ${answer.kind}`);
    const receipt = await replica.query({ query: 'receipt', transferId: id });
    if (receipt.kind !== 'receipt') continue;
    expect(verifyReceipt(receipt.receipt, hex(genesisId(ledger.genesis)))).toMatchObject({ ok: true });
  }
}

describe('a replica on a disk that lies', () => {
  it(`tells the truth, is repaired by others, or refuses to start, in ${CASES} cases`, async () => {
    const history = await writeHistory(5);
    const { ledger, disks, earlier, blocks, open } = history;
    const { whole: foreign } = (await writeHistory(6)).disks;
    const final = new Map(blocks);
    const others: BlockSource = {
      fetch: (lost) => {
        const block = final.get(hex(lost.id));
        return block === undefined ? nobody.fetch(lost, () => Promise.resolve(null)) : Promise.resolve(block);
      },
    };
    const seen = { alone: 0, among: 0, refused: 0 };
    const harmed = new Set<string>();
    for (let seed = SEED; seed < SEED + CASES; seed += 1) {
      const draw = drawFrom(seed);
      const copy = disks.copy();
      const changed = copy.whole;
      harmed.add(harmFile(changed, { disk: disks.whole, earlier, foreign }, draw).split('-')[0]);
      copy.take(changed);
      const isAlone = draw(2) === 0;
      ledger.faults.length = 0;
      try {
        const replica = await open(copy, isAlone ? nobody : others);
        await untilExecuted(replica, ledger);
        await expectTruth(replica, history, seed);
        await replica.close();
        seen[isAlone ? 'alone' : 'among'] += 1;
      } catch (error) {
        if (!(error instanceof CodedError) || !REFUSALS.includes(error.code)) throw error;
        expect(`${error.message} ${JSON.stringify(error.facts)}`).toMatch(/journal|segment|block|height|pack/);
        seen.refused += 1;
      }
      for (const code of ledger.faults) expect(REFUSALS).toContain(code);
    }
    if (process.env.QUORATE_CORRUPTIONS !== undefined) process.stdout.write(`${JSON.stringify(seen)}\n`);
    expect([...harmed].sort()).toEqual(['checkpoint', 'journal', 'outcomes', 'pack', 'snapshot']);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });
});

describe('the key file of a replica', () => {
  it('is refused with its name, whichever bit is flipped and wherever it ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-keys-'));
    try {
      const keys = await makeReplicaKeys(10_000);
      await writeReplicaKeys(folder, keys);
      const path = join(folder, 'keys.json');
      const written = readFileSync(path);
      const read = await readReplicaKeys(folder);
      expect(consensusPublicKey(read?.consensusKey ?? '')).toBe(consensusPublicKey(keys.consensusKey));
      for (let at = 0; at < written.length; at += 1) {
        const flipped = Buffer.from(written);
        flipped[at] ^= 1 << (at % 8);
        for (const bytes of [flipped, written.subarray(0, at)]) {
          writeFileSync(path, bytes);
          await expect(readReplicaKeys(folder)).rejects.toMatchObject({
            code: 'REPLICA_KEYS_INVALID',
            facts: { file: 'keys.json' },
          });
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
