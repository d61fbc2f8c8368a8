import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes, hex } from './bytes';
import { HistoryTree } from './history-tree';
import { RootBuilder } from './root-builder';
import { EMPTY_ROOT, inclusionPath, leafHash, merkleRoot, rootFromPath } from './merkle';

const vectors = join(__dirname, '../../../../shared/vectors/rfc6962/inclusion');

interface InclusionCase {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string | null;
  readonly leafHash: string | null;
  readonly proof: readonly string[] | null;
  readonly desc: string;
  readonly wantErr: boolean;
}

const bytesOf = (text: string | null): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64'));
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(Uint8Array.of(index, index >> 8)));

function casesBelow(folder: string): InclusionCase[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? casesBelow(path) : [JSON.parse(readFileSync(path, 'utf8')) as InclusionCase];
  });
}

describe('RFC 6962 trees', () => {
  it('gives the published verdict on every inclusion case', () => {
    const wrong = casesBelow(vectors).filter((item) => {
      const root = rootFromPath(bytesOf(item.leafHash), item.leafIdx, item.treeSize, (item.proof ?? []).map(bytesOf));
      const accepted = root !== null && equalBytes(root, bytesOf(item.root));
      return accepted === item.wantErr;
    });
    expect(wrong).toEqual([]);
  });

  it('proves every leaf of every tree up to 70 leaves, and no other leaf', () => {
    for (let size = 1; size <= 70; size += 1) {
      const leaves = leavesOf(size);
      const root = hex(merkleRoot(leaves));
      for (let index = 0; index < size; index += 1) {
        const path = inclusionPath(leaves, index);
        expect(hex(rootFromPath(leaves[index], index, size, path) ?? EMPTY_ROOT)).toBe(root);
        const other = rootFromPath(leaves[(index + 1) % size], index, size, path);
        if (size > 1) expect(other === null ? '' : hex(other)).not.toBe(root);
        expect(rootFromPath(leaves[index], index, size, [...path, EMPTY_ROOT])).toBeNull();
      }
    }
  });

  it('has the same root when its entries come one by one', () => {
    const builder = new RootBuilder();
    const leaves = leavesOf(300);
    expect(hex(builder.root())).toBe(hex(EMPTY_ROOT));
    leaves.forEach((_, index) => {
      builder.add(Uint8Array.of(0, index, index >> 8));
      expect(hex(builder.root())).toBe(hex(merkleRoot(leaves.slice(0, index + 1))));
    });
  });

  it('keeps roots and paths of every past size in the history tree', () => {
    const leaves = leavesOf(150);
    const history = new HistoryTree();
    for (const leaf of leaves) history.append(leaf);
    for (let size = 1; size <= leaves.length; size += 1) {
      expect(hex(history.root(size))).toBe(hex(merkleRoot(leaves.slice(0, size))));
      for (const index of [0, size >> 1, size - 1]) {
        expect(history.path(index, size).map(hex)).toEqual(inclusionPath(leaves.slice(0, size), index).map(hex));
      }
    }
    expect(hex(history.root(0))).toBe(hex(EMPTY_ROOT));
  });
});
