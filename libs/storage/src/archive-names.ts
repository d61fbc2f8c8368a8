import { hex } from '@quorate/crypto';

/** Heights of one bucket: an object of blocks never reaches into the next one, so that a height is found by one listing. */
export const BUCKET_BLOCKS = 4_096;

const DIGITS = 10;

/** Names of a ledger's objects; docs/spec/storage.md §Archive. */
export class ArchiveNames {
  private readonly root: string;

  constructor(ledgerId: Uint8Array) {
    this.root = hex(ledgerId);
  }

  get genesis(): string {
    return `${this.root}/genesis`;
  }

  get allBlocks(): string {
    return `${this.root}/blocks/`;
  }

  get allSnapshots(): string {
    return `${this.root}/snapshots/`;
  }

  bucket(bucket: number): string {
    return `${this.allBlocks}${padded(bucket)}/`;
  }

  blocks(first: number): string {
    return `${this.bucket(bucketOf(first))}${padded(first)}`;
  }

  snapshot(height: number): string {
    return `${this.allSnapshots}${padded(height)}`;
  }

  chunks(number: number): string {
    return `${this.root}/chunks/${padded(number)}`;
  }
}

/** The bucket of a height; the first one holds heights 1 to BUCKET_BLOCKS. */
export function bucketOf(height: number): number {
  return Math.floor((height - 1) / BUCKET_BLOCKS);
}

/** The number at the end of a name; null if there is none. */
export function numberOf(name: string): number | null {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return /^[0-9]{10}$/.test(last) ? Number(last) : null;
}

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
