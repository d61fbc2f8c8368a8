import { nodeCryptography, nodeTimers } from '@quorate/runtime-node';
import { FRAME_OVERHEAD_BYTES } from '../src/frame';
import { Journal } from '../src/journal';
import type { JournalPosition } from '../src/batch';
import type { DamagedRange } from '../src/journal-recovery';
import { Vault } from '../src/vault';
import { MemoryDirectory } from './memory-directory';

/** Small, so that a story crosses several segments and a case is cheap. */
const SEGMENT_BYTES = 8_192;
const SECTOR_BYTES = 512;

/** Numbers 0 <= n < bound that a seed fixes (mulberry32). */
export type Draw = (bound: number) => number;

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** A record that was durable, where its frame is, and where its batch began. */
interface Written {
  readonly kind: number;
  readonly payload: string;
  readonly position: JournalPosition;
  readonly batchOffset: number;
}

/** A journal of several segments with a known content, and how its disk looked before each batch. */
export interface Story {
  readonly disk: MemoryDirectory;
  readonly earlier: readonly MemoryDirectory[];
  readonly records: readonly Written[];
}

/** What opening gave. */
interface Opened {
  readonly journal: Journal;
  readonly records: ReadonlyMap<number, string>;
}

const vaultOf = (byte: number): Vault =>
  new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(byte),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(byte) }],
  });

async function open(directory: MemoryDirectory, ledger = 7): Promise<Opened> {
  const records = new Map<number, string>();
  const journal = await Journal.open({
    directory,
    vault: vaultOf(ledger),
    timers: nodeTimers,
    onRecord: ({ kind, payload }, _position, sequence) =>
      records.set(sequence, `${kind}:${Buffer.from(payload).toString('hex')}`),
    onFault: (error) => {
      throw error;
    },
    onSpace: () => undefined,
  });
  return { journal, records };
}

/** Writes batches of one to four records until the third segment is begun. */
export async function writeStory(draw: Draw, ledger = 7): Promise<Story> {
  const disk = new MemoryDirectory(SEGMENT_BYTES);
  const { journal } = await open(disk, ledger);
  const earlier: MemoryDirectory[] = [];
  const records: Written[] = [];
  while ((records.at(-1)?.position.segment ?? 1) < 3) {
    earlier.push(disk.copy());
    const batch = Array.from({ length: 1 + draw(4) }, () => ({
      kind: 1 + draw(4),
      payload: Uint8Array.from({ length: draw(4) === 0 ? 1_500 : draw(200) }, () => draw(256)),
    }));
    const positions = await journal.append(batch);
    const firstIn = (segment: number) => positions.find((position) => position.segment === segment)?.offset ?? 0;
    positions.forEach((position, index) => {
      const { kind, payload } = batch[index];
      const text = `${kind}:${Buffer.from(payload).toString('hex')}`;
      records.push({ kind, payload: text, position, batchOffset: firstIn(position.segment) });
    });
  }
  await journal.close();
  return { disk, earlier, records };
}

/** Bytes of one segment that a case changed. */
interface Changed {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

const nameOf = (segment: number): string => `journal-${String(segment).padStart(6, '0')}`;

function bytesOf(directory: MemoryDirectory, segment: number): Uint8Array {
  return directory.files.get(nameOf(segment)) ?? new Uint8Array(SEGMENT_BYTES);
}

/** Does one kind of harm to the disk. */
function harm(disk: MemoryDirectory, story: Story, foreign: Story, draw: Draw): Changed {
  const segment = 1 + draw(3);
  const bytes = bytesOf(disk, segment);
  // Most of the last segment is empty: harm lies where records are, more often than not.
  const within = segment === 3 && draw(4) > 0 ? 2_048 : SEGMENT_BYTES;
  const length = SECTOR_BYTES * (draw(3) === 0 ? 8 : 1);
  const from = Math.floor(draw(within) / length) * length;
  const target = { segment, from, to: from + length };
  switch (draw(5)) {
    case 0: {
      const offset = draw(within);
      bytes[offset] ^= 1 << draw(8);
      return { segment, from: offset, to: offset + 1 };
    }
    case 1:
      bytes.fill(0, from, from + length);
      return target;
    case 2: {
      const old = story.earlier[draw(story.earlier.length)];
      bytes.set(bytesOf(old, segment).subarray(from, from + length), from);
      return target;
    }
    case 3: {
      const source = Math.floor(draw(SEGMENT_BYTES) / length) * length;
      bytes.set(bytesOf(story.disk, 1 + draw(3)).slice(source, source + length), from);
      return target;
    }
    default:
      bytes.set(bytesOf(foreign.disk, segment).subarray(from, from + length), from);
      return target;
  }
}

/** How a case ended. */
export type Outcome = 'intact' | 'located' | 'cut' | 'refused';

/**
 * Harms a copy of the story's disk one to three times and opens it. Throws unless every record that is given back is the one that was
 * written, every one that is missing is named or was cut, and writing goes on.
 */
export async function checkCase(story: Story, foreign: Story, seed: number): Promise<Outcome> {
  const draw = drawFrom(seed);
  const disk = story.disk.copy();
  const changed = Array.from({ length: draw(3) === 0 ? 1 + draw(3) : 1 }, () => harm(disk, story, foreign, draw));
  let opened: Opened;
  try {
    opened = await open(disk);
  } catch (error) {
    return refusal(error, seed);
  }
  const cutFrom = judge(story, changed, opened, seed);
  await opened.journal.append([{ kind: 9, payload: Uint8Array.of(seed & 255) }]);
  await opened.journal.close();
  const again = await open(disk).catch((error: unknown) => {
    throw new Error(`case ${seed}: it does not open again: ${String(error)}`);
  });
  for (const [sequence, payload] of opened.records)
    if (again.records.get(sequence) !== payload) throw new Error(`case ${seed}: record ${sequence} was lost later`);
  if (again.records.size !== opened.records.size + 1) throw new Error(`case ${seed}: writing did not go on`);
  if (cutFrom !== null) return 'cut';
  return opened.journal.damage.length > 0 ? 'located' : 'intact';
}

function refusal(error: unknown, seed: number): Outcome {
  const { code, facts } = error as { code?: string; facts?: { segment?: number; offsetBytes?: number } };
  const named = facts?.segment !== undefined && facts.offsetBytes !== undefined;
  if ((code === 'STORAGE_CORRUPT' || code === 'STORAGE_FOREIGN') && named) return 'refused';
  throw new Error(`case ${seed}: ${String(error)}`);
}

/** Compares with what was written. Gives the sequence number at which the journal was cut; null if it was not. */
function judge(story: Story, changed: readonly Changed[], { journal, records }: Opened, seed: number): number | null {
  let cutFrom: number | null = null;
  story.records.forEach((written, index) => {
    const sequence = index + 1;
    const given = records.get(sequence);
    if (given !== undefined) {
      if (given !== written.payload) throw new Error(`case ${seed}: record ${sequence} is wrong`);
      if (cutFrom !== null) throw new Error(`case ${seed}: record ${sequence} stands behind a cut`);
    } else if (!isNamed(journal.damage, sequence)) cutFrom ??= sequence;
  });
  if (records.size > story.records.length) throw new Error(`case ${seed}: records that were never written`);
  if (cutFrom !== null) assertOnlyTheTail(story, changed, cutFrom, seed);
  return cutFrom;
}

const isNamed = (damage: readonly DamagedRange[], sequence: number): boolean =>
  damage.some(({ firstSequence, lastSequence }) => firstSequence <= sequence && sequence <= lastSequence);

/** A later batch with an intact frame proves that the place of the cut had been durable. */
function assertOnlyTheTail(story: Story, changed: readonly Changed[], cutFrom: number, seed: number): void {
  const { position: cut } = story.records[cutFrom - 1];
  for (const { position, batchOffset } of story.records.slice(cutFrom)) {
    const later = position.segment > cut.segment || batchOffset > cut.offset;
    const end = position.offset + FRAME_OVERHEAD_BYTES + position.payloadBytes;
    const harmed = changed.some(
      ({ segment, from, to }) => segment === position.segment && from < end && to > position.offset,
    );
    if (later && !harmed) throw new Error(`case ${seed}: cut at ${cutFrom} in front of an intact later batch`);
  }
}
