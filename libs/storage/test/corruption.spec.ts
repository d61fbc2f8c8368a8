import { FRAME_OVERHEAD_BYTES } from '../src/frame';
import { Journal } from '../src/journal';
import { nodeCryptography, nodeTimers } from '@quorate/runtime-node';
import { Vault } from '../src/vault';
import { checkCase, drawFrom, writeStory, type Outcome } from './corruption';
import { MemoryDirectory } from './memory-directory';

jest.setTimeout(3_600_000);

/** `npm run corrupt` asks for more. */
const CASES = Number(process.env.QUORATE_CORRUPTIONS ?? 6_000);
const SEED = Number(process.env.QUORATE_SEED ?? 1);
const CASES_PER_STORY = 500;

const vault = new Vault({
  cryptography: nodeCryptography,
  ledgerId: new Uint8Array(16).fill(7),
  keys: [{ generation: 1, key: new Uint8Array(32).fill(7) }],
});

async function openJournal(directory: MemoryDirectory) {
  const records: string[] = [];
  const journal = await Journal.open({
    directory,
    vault,
    timers: nodeTimers,
    onRecord: ({ kind, payload }) => records.push(`${kind}:${Buffer.from(payload).toString('hex')}`),
    onFault: (error) => {
      throw error;
    },
    onSpace: () => undefined,
  });
  return { journal, records };
}

describe('a journal on a disk that lies', () => {
  it(`gives back what was written, or names the place, or cuts the tail, in ${CASES} cases`, async () => {
    const outcomes: Record<Outcome, number> = { intact: 0, located: 0, cut: 0, refused: 0 };
    for (let first = 0; first < CASES; first += CASES_PER_STORY) {
      const story = await writeStory(drawFrom(SEED + first));
      const foreign = await writeStory(drawFrom(SEED + first), 8);
      for (let offset = 0; offset < Math.min(CASES_PER_STORY, CASES - first); offset += 1)
        outcomes[await checkCase(story, foreign, SEED + first + offset)] += 1;
    }
    if (process.env.QUORATE_CORRUPTIONS !== undefined) process.stdout.write(`${JSON.stringify(outcomes)}\n`);
    expect(outcomes.located).toBeGreaterThan(CASES / 10);
    expect(outcomes.cut).toBeGreaterThan(0);
  });
});

describe('a crash', () => {
  it.each([1, 2, 3, 4])('at any byte of a record of kind %d leaves it whole or gone', async (kind) => {
    const before = new MemoryDirectory(8_192);
    const { journal } = await openJournal(before);
    await journal.append([{ kind: 1, payload: Uint8Array.of(1, 2, 3) }]);
    const after = before.copy();
    const grown = await openJournal(after);
    const payload = Uint8Array.from({ length: 150 }, (_, index) => index);
    const [position] = await grown.journal.append([{ kind, payload }]);
    const end = position.offset + FRAME_OVERHEAD_BYTES + position.payloadBytes;
    const written = after.files.get('journal-000001') as Uint8Array;
    for (let reached = position.offset; reached <= end; reached += 1) {
      const disk = before.copy();
      (disk.files.get('journal-000001') as Uint8Array).set(written.subarray(position.offset, reached), position.offset);
      const { records, journal: reopened } = await openJournal(disk);
      expect(records).toHaveLength(reached === end ? 2 : 1);
      await reopened.append([{ kind: 5, payload: new Uint8Array(1) }]);
      expect((await openJournal(disk)).records.at(-1)).toBe('5:00');
    }
  });

  it('that let any sectors of a batch through leaves a beginning of it', async () => {
    const before = new MemoryDirectory(16_384);
    const { journal } = await openJournal(before);
    await journal.append([{ kind: 1, payload: Uint8Array.of(1) }]);
    const after = before.copy();
    const batch = Array.from({ length: 4 }, (_, index) => ({ kind: 2, payload: new Uint8Array(700).fill(index + 1) }));
    const positions = await (await openJournal(after)).journal.append(batch);
    const firstSector = Math.floor(positions[0].offset / 512);
    const lastSector = Math.floor((positions[3].offset + FRAME_OVERHEAD_BYTES + 699) / 512);
    const sectors = lastSector - firstSector + 1;
    const written = after.files.get('journal-000001') as Uint8Array;
    for (let through = 0; through < 2 ** sectors; through += 1) {
      const disk = before.copy();
      const bytes = disk.files.get('journal-000001') as Uint8Array;
      for (let sector = 0; sector < sectors; sector += 1) {
        const from = (firstSector + sector) * 512;
        if ((through >> sector) & 1) bytes.set(written.subarray(from, from + 512), from);
      }
      const { records } = await openJournal(disk);
      expect(records.length).toBeGreaterThanOrEqual(1);
      records.slice(1).forEach((record, index) => expect(record.slice(0, 4)).toBe(`2:0${index + 1}`));
    }
  });
});
