import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directory } from '@quorate/runtime';
import { nodeCryptography, openNodeDirectory } from '@quorate/runtime-node';
import { MemoryDirectory } from '../test/memory-directory';
import { SealedFile } from './sealed-file';
import { FILE_KIND, Vault, type FileLabel } from './vault';

const key = (byte: number) => new Uint8Array(32).fill(byte);
const vaultOf = (...keys: Uint8Array[]) =>
  new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(7),
    keys: keys.map((bytes, index) => ({ generation: index + 1, key: bytes })),
  });
const label: FileLabel = { kind: FILE_KIND.outcomes, number: 1 };
const text = (words: string) => new Uint8Array(Buffer.from(words));

async function open(
  directory: Directory,
  options: { vault?: Vault; label?: FileLabel; complete?: boolean; gatherBytes?: number } = {},
) {
  const frames: [number, string][] = [];
  const { file, cutBytes } = await SealedFile.open({
    directory,
    vault: vaultOf(key(1)),
    label,
    name: 'sealed',
    onFrame: (kind, payload) => frames.push([kind, Buffer.from(payload).toString()]),
    ...options,
  });
  return { file, cutBytes, frames };
}

async function fileWith(...words: string[]) {
  const directory = new MemoryDirectory();
  const { file } = await open(directory);
  const positions = words.map((word, index) => file.append(index + 1, text(word)));
  await file.sync();
  return { directory, file, positions };
}

describe('a sealed file', () => {
  it('gathers small frames into one write, which comes at the latest when somebody reads, syncs or closes', async () => {
    const directory = new MemoryDirectory();
    const gatherBytes = 1_000;
    const { file } = await open(directory, { gatherBytes });
    const first = file.append(1, text('a'));
    file.append(1, text('b'));
    expect((await open(directory)).frames).toEqual([]);
    expect(Buffer.from(await file.read(first)).toString()).toBe('a');
    expect((await open(directory)).frames).toHaveLength(2);
    file.append(1, text('c'));
    await file.sync();
    expect((await open(directory)).frames).toHaveLength(3);
    file.append(1, new Uint8Array(gatherBytes));
    file.append(1, text('e'));
    await file.close();
    expect((await open(directory)).frames).toHaveLength(5);
  });

  it('gives back every frame in order after reopening, each one by its position, and grows on', async () => {
    const path = await mkdtemp(join(tmpdir(), 'quorate-sealed-'));
    try {
      const directory = await openNodeDirectory(path);
      const first = await open(directory);
      const positions = ['a', 'bb', ''].map((word) => first.file.append(1, text(word)));
      await first.file.sync();
      await first.file.close();
      const second = await open(directory);
      expect(second.frames.map(([, word]) => word)).toEqual(['a', 'bb', '']);
      expect(Buffer.from(await second.file.read(positions[1])).toString()).toBe('bb');
      second.file.append(2, text('ccc'));
      await second.file.sync();
      await second.file.close();
      const third = await open(directory);
      expect(third.frames.at(-1)).toEqual([2, 'ccc']);
      await third.file.close();
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  });

  it('shows nothing of its content', async () => {
    const { directory } = await fileWith('a text that stands out');
    expect(Buffer.from(directory.files.get('sealed') as Uint8Array).includes('stands out')).toBe(false);
  });

  it('is cut at the first frame in which any bit is flipped', async () => {
    const { directory, positions } = await fileWith('first', 'second', 'third');
    const end = (directory.files.get('sealed') as Uint8Array).length;
    for (let offset = 0; offset < end; offset += 1) {
      const damaged = directory.copy();
      (damaged.files.get('sealed') as Uint8Array)[offset] ^= 1 << (offset % 8);
      const { frames, cutBytes } = await open(damaged);
      const intact = positions.filter((position) => position.offset <= offset).length - 1;
      expect(frames).toHaveLength(intact);
      expect(cutBytes).toBe(end - positions[intact].offset);
    }
  });

  it('that was complete is refused when it is damaged, with the place, and nothing is cut', async () => {
    const { directory, positions } = await fileWith('first', 'second');
    const bytes = directory.files.get('sealed') as Uint8Array;
    bytes[positions[1].offset + 50] ^= 1;
    await expect(open(directory, { complete: true })).rejects.toMatchObject({
      code: 'STORAGE_CORRUPT',
      facts: { file: 'sealed', offsetBytes: positions[1].offset },
    });
    expect(directory.files.get('sealed')).toHaveLength(bytes.length);
  });

  it.each([
    ['another file', { label: { kind: FILE_KIND.outcomes, number: 2 } }],
    ['a file of another kind', { label: { kind: FILE_KIND.snapshot, number: 1 } }],
    ['another key', { vault: vaultOf(key(2)) }],
  ])('does not open as %s', async (_, options) => {
    const { directory } = await fileWith('first');
    await expect(open(directory, { ...options, complete: true })).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
  });

  it('does not take a frame from another place of the same file', async () => {
    const { directory, positions } = await fileWith('one', 'two', 'six');
    const bytes = directory.files.get('sealed') as Uint8Array;
    bytes.copyWithin(positions[1].offset, positions[2].offset);
    expect((await open(directory)).frames).toEqual([[1, 'one']]);
  });

  it('opens under the keys of older generations and seals under the newest', async () => {
    const { directory } = await fileWith('old');
    const { file } = await open(directory, { vault: vaultOf(key(1), key(2)) });
    file.append(1, text('new'));
    await file.sync();
    expect((await open(directory, { vault: vaultOf(key(1), key(2)) })).frames).toHaveLength(2);
    await expect(open(directory)).rejects.toMatchObject({ code: 'STORAGE_KEY_MISSING', facts: { generation: 2 } });
  });

  it('tells whoever syncs that a write failed', async () => {
    const { directory, file } = await fileWith('first');
    directory.failWrites = new Error('EIO');
    file.append(1, text('second'));
    await expect(file.sync()).rejects.toThrow('EIO');
  });
});
