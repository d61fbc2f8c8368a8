import { Reader, Writer } from '@quorate/codec';
import { makeBlock, type Block } from '@quorate/consensus';
import { concatBytes } from '@quorate/crypto';
import { HEADER_BYTES, decodeCertificate, encodeCertificate, type Certificate } from '@quorate/protocol';
import { damagedObject, openObject, sealObject, type ObjectFrame } from './sealed-object';
import { StorageError } from './storage-error';
import { FILE_KIND, type Vault } from './vault';

const VERSION = 1;
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
  const frames: ObjectFrame[] = [
    { kind: FRAME.head, payload: new Writer(13).u8(VERSION).uint(first).u32(blocks.length).finish() },
  ];
  for (const { block, certificate, outcome } of blocks) {
    frames.push({ kind: FRAME.block, payload: concatBytes(block.headerBytes, block.body) });
    if (outcome !== null) frames.push({ kind: FRAME.outcome, payload: outcome });
    if (certificate !== null) frames.push({ kind: FRAME.certificate, payload: encodeCertificate(certificate) });
  }
  return sealObject(vault, { kind: FILE_KIND.archive, number: first }, frames).bytes;
}

/** Throws StorageError or CodecError unless the object holds what was put, under its name, from height `first` on. */
export function openBlocks(vault: Vault, name: string, first: number, bytes: Uint8Array): ArchivedBlock[] {
  let count = -1;
  const blocks: { block: Block; certificate: Certificate | null; outcome: Uint8Array | null }[] = [];
  openObject(vault, { kind: FILE_KIND.archive, number: first }, name, bytes, (kind, payload, offset) => {
    if (count < 0) {
      count = readHead(kind, payload, first, name);
      return;
    }
    const last = blocks.at(-1);
    if (kind === FRAME.block) {
      const block = makeBlock(payload.slice(0, HEADER_BYTES), payload.slice(HEADER_BYTES));
      if (block.header.height !== first + blocks.length) throw damagedObject(name, offset);
      blocks.push({ block, certificate: null, outcome: null });
    } else if (last === undefined) throw damagedObject(name, offset);
    else if (kind === FRAME.outcome) last.outcome = payload.slice();
    else if (kind === FRAME.certificate) last.certificate = decodeCertificate(payload.slice(0, CERTIFICATE_BYTES_MAX));
  });
  if (blocks.length !== count) throw damagedObject(name, bytes.length);
  return blocks;
}

function readHead(kind: number, payload: Uint8Array, first: number, name: string): number {
  const reader = new Reader(payload);
  const version = reader.u8();
  if (kind !== FRAME.head || version !== VERSION)
    throw new StorageError('STORAGE_CORRUPT', `the archived object ${name} is of another version`, {
      file: name,
      version,
    });
  if (reader.uint() !== first) throw damagedObject(name, 0);
  const count = reader.u32();
  reader.end();
  return count;
}
