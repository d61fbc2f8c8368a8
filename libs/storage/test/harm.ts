import type { Draw } from './corruption';
import type { MemoryDirectory } from './memory-directory';

const SECTOR_BYTES = 512;

/** A disk, how it looked before, and the disk of another one that did the same. */
export interface Scene {
  readonly disk: MemoryDirectory;
  readonly earlier: readonly MemoryDirectory[];
  readonly foreign: MemoryDirectory;
}

const NOTHING = new Uint8Array(0);

/**
 * Does one kind of harm to one file of a copy of the scene's disk: a flipped bit; a page that is zeroed, stale, from another place or from another disk; an
 * end that is missing; a file that is older, another one's, or gone. Gives the name of the file.
 */
export function harmFile(copy: MemoryDirectory, { disk, earlier, foreign }: Scene, draw: Draw): string {
  const names = [...disk.files].filter(([, { length }]) => length > 0).map(([name]) => name);
  const name = names[draw(names.length)];
  const bytes = copy.files.get(name) ?? NOTHING;
  const used = usedBytes(bytes);
  const pageBytes = SECTOR_BYTES * (draw(3) === 0 ? 8 : 1);
  const at = Math.floor(draw(used) / pageBytes) * pageBytes;
  const overwrite = (page: Uint8Array): void => bytes.set(page.subarray(0, Math.max(0, bytes.length - at)), at);
  const old = earlier[draw(earlier.length)].files.get(name) ?? NOTHING;
  const other = disk.files.get(names[draw(names.length)]) ?? NOTHING;
  switch (draw(8)) {
    case 0:
      bytes[draw(used)] ^= 1 << draw(8);
      break;
    case 1:
      bytes.fill(0, at, at + pageBytes);
      break;
    case 2:
      overwrite(pageOf(old, at, pageBytes));
      break;
    case 3:
      overwrite(pageOf(other, Math.floor(draw(other.length) / pageBytes) * pageBytes, pageBytes));
      break;
    case 4:
      overwrite(pageOf(foreign.files.get(name) ?? NOTHING, at, pageBytes));
      break;
    case 5:
      copy.files.set(name, bytes.slice(0, at));
      break;
    case 6:
      copy.files.set(name, (draw(2) === 0 ? old : other).slice());
      break;
    default:
      copy.files.delete(name);
  }
  return name;
}

function pageOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return bytes.slice(at, at + length);
}

/** Most of a segment is empty: harm lies where something was written. */
function usedBytes(bytes: Uint8Array): number {
  const last = bytes.findLastIndex((byte) => byte !== 0);
  return Math.max(1, last + 1);
}
