import { Reader, Writer } from '@quorate/codec';
import { makeBlock, type Block } from '@quorate/consensus';
import { concatBytes } from '@quorate/crypto';
import { HEADER_BYTES, decodeCertificate, encodeCertificate, type Certificate } from '@quorate/protocol';
import { damagedObject, openObject, sealObject, type ObjectFrame } from './sealed-object';
import { StorageError } from './storage-error';
import { FILE_KIND, type Vault } from './vault';

const VERSION = 2;
const CERTIFICATE_BYTES_MAX = 2_048;

/** Kinds of frames: the head first, then for each height its block and what goes with it. */
const FRAME = { head: 1, block: 2, outcome: 3, certificate: 4 } as const;

/** A final block as the archive holds it. */
export interface ArchivedBlock {
  readonly block: Block;
  /** Commit certificate of this very block, where one was at hand; otherwise a later one proves it. */
  readonly certificate: Certificate | null;
  /** What execution noted (`encodeOutcome` of the ledger), where it was at hand. */
  readonly outcome: Uint8Array | null;
}

/** Blocks of one object, by ascending height, without a gap. */
export function sealBlocks(vault: Vault, blocks: readonly ArchivedBlock[]): Uint8Array {
  const first = blocks[0].block.header.height;
  const frames: ObjectFrame[] = [];
  for (const { block, certificate, outcome } of blocks) {
    frames.push({ kind: FRAME.block, payload: concatBytes(block.headerBytes, block.body) });
    if (outcome !== null) frames.push({ kind: FRAME.outcome, payload: outcome });
    if (certificate !== null) frames.push({ kind: FRAME.certificate, payload: encodeCertificate(certificate) });
  }
  const payload = new Writer(17).u8(VERSION).uint(first).u32(blocks.length).u32(frames.length).finish();
  const head: ObjectFrame = { kind: FRAME.head, payload };
  return sealObject(vault, { kind: FILE_KIND.archive, number: first }, [head, ...frames]).bytes;
}

/** Throws StorageError or CodecError unless the object holds what was put, under its name, from height `first` on. */
export function openBlocks(vault: Vault, name: string, first: number, bytes: Uint8Array): ArchivedBlock[] {
  let head: Head | null = null;
  let frames = 0;
  const blocks: { block: Block; certificate: Certificate | null; outcome: Uint8Array | null }[] = [];
  openObject(vault, { kind: FILE_KIND.archive, number: first }, name, bytes, (kind, payload, offset) => {
    if (head === null) {
      head = readHead(kind, payload, first, name);
      return;
    }
    frames += 1;
    const last = blocks.at(-1);
    if (kind === FRAME.block) {
      const block = makeBlock(payload.slice(0, HEADER_BYTES), payload.slice(HEADER_BYTES));
      if (block.header.height !== first + blocks.length) throw damagedObject(name, offset);
      blocks.push({ block, certificate: null, outcome: null });
    } else if (last === undefined) throw damagedObject(name, offset);
    else if (kind === FRAME.outcome) last.outcome = payload.slice();
    else if (kind === FRAME.certificate) last.certificate = decodeCertificate(payload.slice(0, CERTIFICATE_BYTES_MAX));
  });
  if (!isComplete(head, blocks.length, frames)) throw damagedObject(name, bytes.length);
  return blocks;
}

/** What the first frame says of those behind it: an object that ends behind an intact frame is not whole. */
interface Head {
  readonly blocks: number;
  readonly frames: number;
}

function isComplete(head: Head | null, blocks: number, frames: number): boolean {
  return head?.blocks === blocks && head.frames === frames;
}

function readHead(kind: number, payload: Uint8Array, first: number, name: string): Head {
  const reader = new Reader(payload);
  const version = reader.u8();
  if (kind !== FRAME.head || version !== VERSION)
    throw new StorageError('STORAGE_CORRUPT', `the archived object ${name} is of another version`, {
      file: name,
      version,
    });
  if (reader.uint() !== first) throw damagedObject(name, 0);
  const head = { blocks: reader.u32(), frames: reader.u32() };
  reader.end();
  return head;
}
