import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeTimers } from '@quorate/runtime-node';
import { FRAME_OVERHEAD_BYTES, Journal, type JournalRecord } from '@quorate/storage';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { RECORD } from '../src/journal-scan';
import { GoldenDisks, goldenVault, type Golden } from './golden-directory';

const FOLDER = join(__dirname, 'golden');
const LEDGER = new Uint8Array(16).fill(33);
const SEGMENT = 'journal-000001';

async function open(directory: MemoryDirectory): Promise<{ journal: Journal; records: JournalRecord[] }> {
  const records: JournalRecord[] = [];
  const journal = await Journal.open({
    directory,
    vault: goldenVault(LEDGER, 21),
    timers: nodeTimers,
    onRecord: ({ kind, payload }) => void records.push({ kind, payload: payload.slice() }),
    onFault: (error) => {
      throw error;
    },
    onSpace: () => undefined,
  });
  return { journal, records };
}

/** The smallest record of each kind that a replica really wrote. */
async function realRecords(): Promise<ReadonlyMap<number, JournalRecord>> {
  const name = readdirSync(FOLDER).sort().at(-1) ?? '';
  const golden = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Golden;
  const { records } = await open(new GoldenDisks(golden).journal);
  const found = new Map<number, JournalRecord>();
  for (const record of records)
    if (record.payload.length < (found.get(record.kind)?.payload.length ?? Infinity)) found.set(record.kind, record);
  return found;
}

describe("a crash at every byte of a replica's record", () => {
  it.each(Object.entries(RECORD))('of a %s leaves it whole or gone, and nothing else changed', async (_name, kind) => {
    const record = (await realRecords()).get(kind);
    if (record === undefined) throw new Error('the golden directory has none');
    const before = new MemoryDirectory(16_384);
    await (await open(before)).journal.append([{ kind: 1, payload: Uint8Array.of(1, 2, 3) }]);
    const after = before.copy();
    const [{ offset, payloadBytes }] = await (await open(after)).journal.append([record]);
    const written = after.files.get(SEGMENT) ?? new Uint8Array(0);
    const end = offset + FRAME_OVERHEAD_BYTES + payloadBytes;
    for (let reached = offset; reached <= end; reached += 1) {
      const disk = before.copy();
      disk.files.get(SEGMENT)?.set(written.subarray(offset, reached), offset);
      const isWhole = written.subarray(reached, end).every((byte) => byte === 0);
      const { records, journal } = await open(disk);
      expect(records.slice(1)).toEqual(isWhole ? [record] : []);
      await journal.append([{ kind: 5, payload: Uint8Array.of(7) }]);
      expect((await open(disk)).records).toHaveLength(isWhole ? 3 : 2);
    }
  });
});
