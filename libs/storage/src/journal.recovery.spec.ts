import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directory } from '@quorate/runtime';
import { nodeCryptography, nodeTimers, openNodeDirectory } from '@quorate/runtime-node';
import { MemoryDirectory } from '../test/memory-directory';
import type { JournalPosition } from './batch';
import { FRAME_HEADER_BYTES, FRAME_OVERHEAD_BYTES } from './frame';
import { Journal } from './journal';
import type { JournalMark } from './journal-recovery';
import type { StorageError } from './storage-error';
import { Vault } from './vault';

const LEDGER = new Uint8Array(16).fill(7);

async function openJournal(directory: Directory, ledgerId = LEDGER, from?: JournalMark) {
  const records: { kind: number; payload: string; position: JournalPosition }[] = [];
  const faults: StorageError[] = [];
  const spaces: string[] = [];
  const journal = await Journal.open({
    directory,
    from,
    vault: new Vault({
      cryptography: nodeCryptography,
      ledgerId,
      keys: [{ generation: 1, key: new Uint8Array(32).fill(9) }],
    }),
    timers: nodeTimers,
    onRecord: (record, position) =>
      records.push({ kind: record.kind, payload: Buffer.from(record.payload).toString(), position }),
    onFault: (error) => faults.push(error),
    onSpace: (space) => spaces.push(space),
  });
  return { journal, records, faults, spaces };
}

const record = (text: string, kind = 1) => ({ kind, payload: new Uint8Array(Buffer.from(text)) });
const payloads = (records: { payload: string }[]) => records.map(({ payload }) => payload);

async function journalWith(...batches: string[][]) {
  const directory = new MemoryDirectory();
  const { journal } = await openJournal(directory);
  const positions: JournalPosition[] = [];
  for (const batch of batches) positions.push(...(await journal.append(batch.map((text) => record(text)))));
  return { directory, journal, positions };
}

const firstSegment = (directory: MemoryDirectory) => directory.files.get('journal-000001') as Uint8Array;

describe('journal', () => {
  it('gives back every record in order after reopening, and each one by its position', async () => {
    const { directory, positions } = await journalWith(['a', 'bb'], ['ccc']);
    const reopened = await openJournal(directory.copy());
    expect(payloads(reopened.records)).toEqual(['a', 'bb', 'ccc']);
    expect(reopened.records.map(({ position }) => position)).toEqual(positions);
    expect(Buffer.from(await reopened.journal.read(positions[1])).toString()).toBe('bb');
  });

  it('opens from a mark without reading what stands before it, which can then be removed', async () => {
    const directory = new MemoryDirectory();
    const { journal } = await openJournal(directory);
    const large = 'x'.repeat(1_000_000);
    const positions: JournalPosition[] = [];
    for (let index = 0; index < 7; index += 1)
      positions.push(...(await journal.append([record(`${index}${large}`), record(`small ${index}`)])));
    const later = positions.filter(({ segment }) => segment === 2);
    const mark = journal.mark(2);
    await journal.close();
    const twin = directory.copy();
    const again = await openJournal(twin, LEDGER, mark);
    expect(again.records.map(({ position }) => position)).toEqual(later);
    expect(Buffer.from(await again.journal.read(positions[1])).toString()).toBe('small 0');
    expect(again.journal.mark(2)).toEqual(mark);
    const [added] = await again.journal.append([record('added')]);
    await again.journal.dropBelow(2);
    await again.journal.close();
    expect(twin.files.has('journal-000001')).toBe(false);
    const third = await openJournal(twin, LEDGER, mark);
    expect(third.journal.firstSegment).toBe(2);
    expect(third.records.map(({ position }) => position)).toEqual([...later, added]);
    await third.journal.close();
    await expect(openJournal(twin)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
    await expect(
      openJournal(twin, LEDGER, { ...mark, sequence: mark.sequence - 1 }).then(({ journal: found }) => found.damage),
    ).resolves.toHaveLength(1);
  });

  it('goes on after reopening', async () => {
    const { directory } = await journalWith(['a']);
    const second = await openJournal(directory);
    await second.journal.append([record('b', 200)]);
    const third = await openJournal(directory);
    expect(third.records.map(({ kind, payload }) => [kind, payload])).toEqual([
      [1, 'a'],
      [200, 'b'],
    ]);
  });

  it('shares one write among appends that wait together', async () => {
    const { directory, journal } = await journalWith([]);
    const before = directory.writeCount;
    await Promise.all(Array.from({ length: 100 }, (_, index) => journal.append([record(`r${index}`)])));
    expect(directory.writeCount - before).toBeLessThanOrEqual(2);
    const { records } = await openJournal(directory.copy());
    expect(payloads(records)).toEqual(Array.from({ length: 100 }, (_, index) => `r${index}`));
  });

  it('moves to a next segment and reads both', async () => {
    const directory = new MemoryDirectory();
    const { journal } = await openJournal(directory);
    const large = 'x'.repeat(1_500_000);
    await journal.append(Array.from({ length: 5 }, (_, index) => record(`${index}${large}`)));
    expect(directory.files.size).toBe(2);
    const reopened = await openJournal(directory);
    expect(payloads(reopened.records).map((payload) => payload[0])).toEqual(['0', '1', '2', '3', '4']);
    expect(await reopened.journal.read(reopened.records[4].position)).toHaveLength(1_500_001);
  });

  it('works on a real file system', async () => {
    const path = await mkdtemp(join(tmpdir(), 'quorate-journal-'));
    try {
      const first = await openJournal(await openNodeDirectory(path));
      await first.journal.append([record('a'), record('b')]);
      await first.journal.close();
      const second = await openJournal(await openNodeDirectory(path));
      expect(payloads(second.records)).toEqual(['a', 'b']);
      await second.journal.close();
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  });
});

describe('journal after a crash', () => {
  it('cuts the last record at every byte where its write may have ended', async () => {
    const { directory, positions } = await journalWith(['first'], ['the last record']);
    const last = positions[1];
    let end = last.offset + FRAME_OVERHEAD_BYTES + last.payloadBytes;
    // A write that lacks nothing but zero bytes lacks nothing: sealed bytes end with one in 256 cases.
    while (firstSegment(directory)[end - 1] === 0) end -= 1;
    for (let written = last.offset; written < end; written += 1) {
      const crashed = directory.copy();
      firstSegment(crashed).fill(0, written);
      const { journal, records } = await openJournal(crashed);
      expect(payloads(records)).toEqual(['first']);
      await journal.append([record('next')]);
      expect(payloads((await openJournal(crashed)).records)).toEqual(['first', 'next']);
    }
  });

  it('cuts at the first missing frame of the last batch, though later frames of it reached the medium', async () => {
    const { directory, positions } = await journalWith(['first'], ['a', 'b', 'c']);
    firstSegment(directory).fill(0, positions[2].offset, positions[3].offset);
    const { journal, records } = await openJournal(directory);
    expect(payloads(records)).toEqual(['first', 'a']);
    await journal.append([record('next')]);
    expect(payloads((await openJournal(directory)).records)).toEqual(['first', 'a', 'next']);
  });

  it('writes the accepted tail again before it goes on', async () => {
    const { directory } = await journalWith(['first'], ['second']);
    directory.writeCount = 0;
    await openJournal(directory);
    expect(directory.writeCount).toBe(1);
  });

  it('starts anew when not even the first write was finished', async () => {
    const { directory } = await journalWith();
    firstSegment(directory).fill(0, 30);
    const { journal } = await openJournal(directory);
    await journal.append([record('a')]);
    expect(payloads((await openJournal(directory)).records)).toEqual(['a']);
  });
});

describe('journal with damage', () => {
  it('names the place and keeps everything else when any bit of an earlier batch is flipped', async () => {
    const { directory, positions } = await journalWith(['first'], ['second'], ['third']);
    const end = positions[1].offset;
    for (let offset = positions[0].offset; offset < end; offset += 1) {
      const damaged = directory.copy();
      firstSegment(damaged)[offset] ^= 1 << (offset % 8);
      const { journal, records } = await openJournal(damaged);
      expect(payloads(records)).toEqual(['second', 'third']);
      expect(journal.damage).toMatchObject([
        { segment: 1, offset: positions[0].offset, endOffset: end, firstSequence: 1, lastSequence: 1 },
      ]);
    }
  });

  it('names everything up to the next segment when the end of a full one is missing', async () => {
    const directory = new MemoryDirectory();
    const { journal } = await openJournal(directory);
    const positions = await journal.append(Array.from({ length: 4 }, () => record('x'.repeat(1_500_000))));
    firstSegment(directory).fill(0, positions[1].offset);
    const reopened = await openJournal(directory);
    expect(reopened.records).toHaveLength(3);
    expect(reopened.journal.damage).toMatchObject([
      { segment: 1, offset: positions[1].offset, endSegment: 2, endOffset: 0, firstSequence: 2, lastSequence: 2 },
    ]);
  });

  it('refuses a journal without its first segment', async () => {
    const directory = new MemoryDirectory();
    const { journal } = await openJournal(directory);
    await journal.append(Array.from({ length: 4 }, () => record('x'.repeat(1_500_000))));
    directory.files.delete('journal-000001');
    await expect(openJournal(directory)).rejects.toMatchObject({
      code: 'STORAGE_CORRUPT',
      facts: { segment: 1, offsetBytes: 0 },
    });
  });

  it("refuses another ledger's journal", async () => {
    const { directory } = await journalWith(['first']);
    await expect(openJournal(directory, new Uint8Array(16).fill(8))).rejects.toMatchObject({ code: 'STORAGE_FOREIGN' });
  });

  it('refuses to read back a damaged record', async () => {
    const { directory, journal, positions } = await journalWith(['first'], ['second']);
    firstSegment(directory)[positions[0].offset + FRAME_HEADER_BYTES] ^= 1;
    await expect(journal.read(positions[0])).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
  });
});

describe('journal on a failing medium', () => {
  it('reports a failed write once and says nothing more', async () => {
    const directory = new MemoryDirectory();
    const { journal, faults } = await openJournal(directory);
    directory.failWrites = new Error('EIO');
    const outcomes = await Promise.allSettled([journal.append([record('a')]), journal.append([record('b')])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    directory.failWrites = null;
    await expect(journal.append([record('c')])).rejects.toMatchObject({ code: 'STORAGE_WRITE_FAILED' });
    expect(faults.map(({ code }) => code)).toEqual(['STORAGE_WRITE_FAILED']);
  });

  it('waits when the medium is full, and goes on by itself', async () => {
    const directory = new MemoryDirectory();
    const { journal, faults, spaces } = await openJournal(directory);
    directory.failCreation = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const appends = Array.from({ length: 4 }, () => journal.append([record('x'.repeat(1_500_000))]));
    await Promise.all(appends.slice(0, 2));
    while (spaces.at(-1) !== 'none') await new Promise((resolve) => setImmediate(resolve));
    directory.failCreation = null;
    await Promise.all(appends);
    expect(spaces.at(-1)).toBe('ample');
    expect(faults).toEqual([]);
    expect((await openJournal(directory)).records).toHaveLength(4);
  });

  it('refuses a record larger than a frame may be', async () => {
    const { journal } = await openJournal(new MemoryDirectory());
    await expect(journal.append([record('x'.repeat(2_097_153))])).rejects.toMatchObject({
      code: 'STORAGE_RECORD_TOO_LARGE',
    });
  });
});
