// What a replica's snapshot consists of: the sections of the ledger, the leaves of the history tree, and, outside the state root, what the
// replica itself needs to go on: where its blocks are, the newest headers and certificates.
import { CodecError, Reader, Writer } from '@quorate/codec';
import { makeBlock, type HeaderLink } from '@quorate/consensus';
import { HistoryTree, concatBytes, equalBytes, hex, unhex, verifySignature } from '@quorate/crypto';
import {
  LEDGER_LIMITS,
  Ledger,
  RestoredSections,
  SECTIONS,
  SECTION_NAMES,
  type CaptureMemory,
  type SectionName,
} from '@quorate/ledger';
import {
  HEADER_BYTES,
  STATE_CHUNK_BYTES,
  EPOCH_END_BYTES_MAX,
  decodeCertificate,
  decodeHeader,
  encodeCertificate,
  encodeHeader,
  genesisId,
  type Certificate,
  type EpochStep,
  type Genesis,
} from '@quorate/protocol';
import {
  JOURNAL_START,
  StorageError,
  type ChunkTable,
  type JournalMark,
  type JournalPosition,
  type SectionSource,
  type SnapshotStore,
  type StoredSnapshot,
} from '@quorate/storage';
import type { BlockStore } from './block-store';
import type { StoreBase } from './store-base';
import type { ExecutedState, Executor } from './executor';
import { drawHashKey } from './hash-key';

/** Leaves of the history tree, in order; behind the sections of the ledger. */
export const HISTORY_SECTION = 64;

/** Sections outside the state root. */
export const OWN_SECTIONS = { blocks: 0x8000, headers: 0x8001, certificates: 0x8002, epochs: 0x8003 } as const;

const HASH_BYTES = 32;
/** Key 32, segment 4, offset 4, payload 4. */
const PLACE_BYTES = 44;
const CERTIFICATE_BYTES_MAX = 2_048;
const EXTRA_BYTES = 20;

/** Names of the ledger's sections by number. */
export const LEDGER_SECTIONS: ReadonlyMap<number, SectionName> = new Map(
  SECTION_NAMES.map((name) => [SECTIONS[name].number, name]),
);

/** All sections as they are now, after the last executed block. */
export function captureState(executor: Executor, store: BlockStore, memory: CaptureMemory): SectionSource[] {
  const { height } = executor;
  return [...stateSections(executor, memory), blocksSection(store, height), ...smallSections(store, height)];
}

/** The sections under the state root. */
export function stateSections({ ledger, history }: ExecutedState, memory: CaptureMemory): SectionSource[] {
  const sections: SectionSource[] = ledger.capture(memory).sections.map((capture) => ({
    number: SECTIONS[capture.section].number,
    appendOnly: capture.appendOnly,
    get lengthBytes() {
      return capture.lengthBytes;
    },
    prepare: () => capture.prepare(),
    read: (offset, into) => capture.read(offset, into),
  }));
  sections.push({
    number: HISTORY_SECTION,
    lengthBytes: (ledger.height + 1) * HASH_BYTES,
    appendOnly: true,
    prepare: () => true,
    read: (offset, into) => readRows(HASH_BYTES, offset, into, (row) => history.leaf(row)),
  });
  return sections;
}

/** Places of blocks do not change, but for those that were pruned, which are not written again. */
function blocksSection(store: BlockStore, height: number): SectionSource {
  const count = Math.max(0, height - store.firstHeight + 1);
  let held: ReturnType<BlockStore['placesUpTo']> = null;
  return {
    number: OWN_SECTIONS.blocks,
    lengthBytes: count * PLACE_BYTES,
    appendOnly: true,
    prepare: () => (held ??= store.placesUpTo(height)) !== null,
    read: (offset, into) =>
      readRows(PLACE_BYTES, offset, into, (row) => {
        const { keys, places } = held ?? { keys: [], places: [] };
        const { segment, offset: at, payloadBytes } = places[row];
        return new Writer(PLACE_BYTES)
          .fixed(unhex(keys[row]), HASH_BYTES)
          .u32(segment)
          .u32(at)
          .u32(payloadBytes)
          .finish();
      }),
  };
}

function smallSections(store: BlockStore, height: number): SectionSource[] {
  const headers = store.newestHeaders(0).filter(({ header }) => header.height <= height);
  const headerWriter = new Writer(headers.length * HEADER_BYTES);
  for (const { headerBytes } of headers) headerWriter.fixed(headerBytes, HEADER_BYTES);
  const certificateWriter = new Writer();
  for (const entry of store.heldCertificates()) {
    if (entry.height <= height) certificateWriter.uint(entry.height).blob(encodeCertificate(entry.certificate));
  }
  const epochWriter = new Writer();
  for (const { header, body, certificate } of store.epochSteps(Number.MAX_SAFE_INTEGER))
    if (header.height <= height)
      epochWriter.fixed(encodeHeader(header), HEADER_BYTES).blob(body).blob(encodeCertificate(certificate));
  return [
    bytesSection(OWN_SECTIONS.headers, headerWriter.finish()),
    bytesSection(OWN_SECTIONS.certificates, certificateWriter.finish()),
    bytesSection(OWN_SECTIONS.epochs, epochWriter.finish()),
  ];
}

function bytesSection(number: number, bytes: Uint8Array): SectionSource {
  return {
    number,
    lengthBytes: bytes.length,
    appendOnly: false,
    prepare: () => true,
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  };
}

/** Fills `into` with rows of one size, of which the first and the last may be cut. */
function readRows(rowBytes: number, offset: number, into: Uint8Array, rowOf: (row: number) => Uint8Array): void {
  for (let at = 0; at < into.length;) {
    const row = Math.floor((offset + at) / rowBytes);
    const part = rowOf(row)
      .subarray((offset + at) % rowBytes)
      .subarray(0, into.length - at);
    into.set(part, at);
    at += part.length;
  }
}

/** The notes that go with a snapshot: where reading the journal may begin, and from which height on blocks are held. */
export function encodeNotes(mark: JournalMark, firstHeight: number): Uint8Array {
  return new Writer(EXTRA_BYTES).u32(mark.segment).uint(mark.sequence).uint(firstHeight).finish();
}

/** The first segment of the journal that a start from this snapshot reads. */
export function markOf({ tables, extra }: StoredSnapshot): number {
  return tables.has(OWN_SECTIONS.blocks) ? new Reader(extra).u32() : Number.MAX_SAFE_INTEGER;
}

/** What a snapshot holds, checked against its state description. */
export interface RestoredState extends ExecutedState {
  readonly base: StoreBase;
}

/** Reads a snapshot. Throws StorageError, CodecError or SnapshotError unless every byte of it is right. */
export async function restoreState(
  store: SnapshotStore,
  snapshot: StoredSnapshot,
  genesis: Genesis,
): Promise<RestoredState> {
  const { state } = snapshot;
  const isOwn = equalBytes(state.genesisId, genesisId(genesis));
  if (!isOwn && !equalBytes(snapshot.stateRoot, genesis.parent?.stateRoot ?? new Uint8Array(0)))
    throw refused('the snapshot belongs to another ledger');
  const { sections, others } = await readSections(store, snapshot);
  const history = readHistory(others.get(HISTORY_SECTION));
  if (history.size !== state.height + 1 || !equalBytes(history.root(), state.execRoot))
    throw refused('the history of the snapshot is not that of its state');
  const ledger = (isOwn ? Ledger.restore : Ledger.fork)(
    genesis,
    verifySignature,
    sections,
    LEDGER_LIMITS,
    drawHashKey(),
  );
  if (ledger.height !== state.height) throw refused('the ledger of the snapshot stands at another height');
  return { ledger, history, base: isOwn ? readBase(snapshot, others) : firstBase(genesis, state.height) };
}

/** Where the chain of a fork begins. */
function firstBase(genesis: Genesis, height: number): StoreBase {
  const key = hex(genesisId(genesis));
  const nothing = { keys: [], places: [], headers: [], certificates: [], epochs: [] };
  return { height, key, firstHeight: height + 1, ...nothing, mark: JOURNAL_START };
}

/** All chunks of a snapshot: what the ledger is made of, and the rest by number. */
async function readSections(
  store: SnapshotStore,
  snapshot: StoredSnapshot,
): Promise<{ readonly sections: RestoredSections; readonly others: ReadonlyMap<number, Uint8Array> }> {
  const sections = new RestoredSections();
  const others = new Map<number, Uint8Array>();
  for (const { number, lengthBytes } of snapshot.tables.values()) {
    const name = LEDGER_SECTIONS.get(number);
    if (name === undefined) others.set(number, new Uint8Array(lengthBytes));
    else sections.begin(name, lengthBytes);
  }
  await store.load(snapshot, ({ number }: ChunkTable, index, chunk) => {
    const name = LEDGER_SECTIONS.get(number);
    if (name === undefined) others.get(number)?.set(chunk, index * STATE_CHUNK_BYTES);
    else sections.write(name, index * STATE_CHUNK_BYTES, chunk);
  });
  return { sections, others };
}

/** The history tree of a snapshot. Throws StorageError. */
export function readHistory(bytes: Uint8Array | undefined): HistoryTree {
  const tree = new HistoryTree();
  if (bytes === undefined || bytes.length % HASH_BYTES !== 0) throw refused('the snapshot has no history');
  for (let at = 0; at < bytes.length; at += HASH_BYTES) tree.append(bytes.slice(at, at + HASH_BYTES));
  return tree;
}

function readBase({ state, extra }: StoredSnapshot, others: ReadonlyMap<number, Uint8Array>): StoreBase {
  const { height } = state;
  const own = others.has(OWN_SECTIONS.blocks);
  const notes = new Reader(extra);
  const mark = own ? { segment: notes.u32(), sequence: notes.uint() } : JOURNAL_START;
  const firstHeight = own ? notes.uint() : height + 1;
  const blocks = new Reader(others.get(OWN_SECTIONS.blocks) ?? new Uint8Array(0));
  const keys: string[] = [];
  const places: (JournalPosition | undefined)[] = [];
  while (blocks.remaining > 0) {
    keys.push(hex(blocks.fixed(HASH_BYTES)));
    const place = { segment: blocks.u32(), offset: blocks.u32(), payloadBytes: blocks.u32() };
    places.push(place.segment === 0 ? undefined : place);
  }
  if (keys.length !== Math.max(0, height - firstHeight + 1)) throw refused('the places of blocks are not complete');
  const headers = readHeaders(others.get(OWN_SECTIONS.headers) ?? new Uint8Array(0));
  const newest = headers.at(-1);
  if (newest !== undefined && !equalBytes(newest.id, state.blockId)) throw refused('the headers lead to another block');
  return {
    height,
    key: hex(state.blockId),
    firstHeight,
    keys,
    places,
    headers,
    certificates: readCertificates(others.get(OWN_SECTIONS.certificates) ?? new Uint8Array(0)),
    epochs: decodeEpochs(others.get(OWN_SECTIONS.epochs) ?? new Uint8Array(0)),
    mark,
  };
}

/** Headers that follow one another. Throws CodecError. */
export function readHeaders(bytes: Uint8Array): HeaderLink[] {
  const links: HeaderLink[] = [];
  for (let at = 0; at < bytes.length; at += HEADER_BYTES) {
    const { id, key, header, headerBytes } = makeBlock(bytes.slice(at, at + HEADER_BYTES), new Uint8Array(0));
    const before = links.at(-1);
    if (before !== undefined && !equalBytes(header.parentId, before.id))
      throw new CodecError('CODEC_INVALID', 'headers that do not follow one another', { height: header.height });
    links.push({ id, key, header, headerBytes });
  }
  return links;
}

function readCertificates(bytes: Uint8Array): { height: number; certificate: Certificate }[] {
  const reader = new Reader(bytes);
  const certificates: { height: number; certificate: Certificate }[] = [];
  while (reader.remaining > 0) {
    const height = reader.uint();
    certificates.push({ height, certificate: decodeCertificate(reader.blob(CERTIFICATE_BYTES_MAX).slice()) });
  }
  return certificates;
}

/** The ends of epochs that a snapshot was taken after. They prove themselves (`verifyEpochs`); nothing else is proved of them. */
export async function readEpochs(store: SnapshotStore, snapshot: StoredSnapshot): Promise<EpochStep[]> {
  const table = snapshot.tables.get(OWN_SECTIONS.epochs);
  const chunks: Uint8Array[] = [];
  for (let index = 0; index < (table?.places.length ?? 0); index += 1)
    chunks.push(await store.chunk(snapshot, OWN_SECTIONS.epochs, index));
  return decodeEpochs(concatBytes(...chunks));
}

/** Throws CodecError. */
function decodeEpochs(bytes: Uint8Array): EpochStep[] {
  const reader = new Reader(bytes);
  const steps: EpochStep[] = [];
  while (reader.remaining > 0) {
    const header = decodeHeader(reader.fixed(HEADER_BYTES).slice());
    const body = reader.blob(EPOCH_END_BYTES_MAX).slice();
    steps.push({ header, body, certificate: decodeCertificate(reader.blob(CERTIFICATE_BYTES_MAX).slice()) });
  }
  return steps;
}

function refused(message: string): StorageError {
  return new StorageError('STORAGE_CORRUPT', message);
}
