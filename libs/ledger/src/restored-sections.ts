import { SECTIONS, SECTION_NAMES, SnapshotError, bytesOfWords, type SectionName } from './section';

/** No array of the ledger is larger; a length above it is no ledger's. */
const SECTION_BYTES_MAX = 2 ** 34;

interface Incoming {
  readonly lengthBytes: number;
  readonly words: Uint32Array<ArrayBuffer>;
  received: number;
}

/** The bytes of a snapshot on their way back into tables: every section whole, its parts in any order, each part once. */
export class RestoredSections {
  private readonly sections = new Map<SectionName, Incoming>();

  /** Makes room for a section: for its rows and, up to the next power of two, for those that will follow. */
  begin(section: SectionName, lengthBytes: number): void {
    const { rowBytes } = SECTIONS[section];
    const rows = lengthBytes / rowBytes;
    if (!Number.isInteger(rows) || lengthBytes < 0 || lengthBytes > SECTION_BYTES_MAX || this.sections.has(section))
      throw new SnapshotError('a section has a length that it cannot have', { section, lengthBytes });
    let capacity = 64;
    while (capacity <= rows) capacity *= 2;
    this.sections.set(section, {
      lengthBytes,
      words: new Uint32Array(Math.ceil((capacity * rowBytes) / 4)),
      received: 0,
    });
  }

  /** Takes the bytes that belong at `offset`. */
  write(section: SectionName, offset: number, bytes: Uint8Array): void {
    const incoming = this.sections.get(section);
    if (incoming === undefined || offset + bytes.length > incoming.lengthBytes)
      throw new SnapshotError('a section is longer than it said', { section });
    bytesOfWords(incoming.words, incoming.words.length).set(bytes, offset);
    incoming.received += bytes.length;
  }

  /** Throws SnapshotError unless every section came whole. */
  assertComplete(): void {
    for (const section of SECTION_NAMES) {
      const incoming = this.sections.get(section);
      if (incoming === undefined || incoming.received !== incoming.lengthBytes)
        throw new SnapshotError('a section is missing or cut short', { section });
    }
  }

  rows(section: SectionName): number {
    return this.incoming(section).lengthBytes / SECTIONS[section].rowBytes;
  }

  /** The section's rows; the array has room for at least one more. */
  words(section: SectionName): Uint32Array<ArrayBuffer> {
    return this.incoming(section).words;
  }

  /** The words of the section's rows, and no more. */
  counted(section: SectionName): Uint32Array {
    return this.words(section).subarray(0, this.incoming(section).lengthBytes / 4);
  }

  bytes(section: SectionName): Uint8Array {
    const { words, lengthBytes } = this.incoming(section);
    return bytesOfWords(words, words.length).subarray(0, lengthBytes);
  }

  private incoming(section: SectionName): Incoming {
    const incoming = this.sections.get(section);
    if (incoming === undefined) throw new SnapshotError('a section is missing', { section });
    return incoming;
  }
}
