import { equalBytes, hex } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import type { Certificate } from '@quorate/protocol';
import { RECENT_HEADERS_MAX, UNFINALISED_BLOCKS_MAX } from './limits';
import type { Block, BootEvent, HeaderLink } from './types';

/** Whether a block hangs together with the final tip. */
export type ChainPath =
  | { readonly kind: 'linked'; readonly blocks: readonly Block[] }
  /** This ancestor (or the block itself) is not held. */
  | { readonly kind: 'missing'; readonly id: Uint8Array }
  /** The block stands beside the final chain. */
  | { readonly kind: 'conflict' };

interface HeldBlock {
  readonly block: Block;
  readonly parentKey: string;
}

/** The final tip, the blocks above it, and what execution made of the newest final ones. */
export class Chain {
  finalTip: HeaderLink;
  finalCertificate: Certificate | null = null;
  executedHeight: number;
  /** Newest final headers, ascending, without gaps. */
  private recent: HeaderLink[];
  private readonly recentKeys: Set<string>;
  /** Blocks above the final tip, all of them written to the journal, by key. */
  private readonly blocks = new Map<string, HeldBlock>();
  private readonly execRoots = new Map<number, Uint8Array>();

  constructor(readonly genesis: Block) {
    this.finalTip = genesis;
    this.executedHeight = genesis.header.execHeight;
    this.recent = [genesis];
    this.recentKeys = new Set([genesis.key]);
  }

  boot(event: BootEvent, epoch: number): void {
    if (event.finalHeaders.length > 0) {
      this.recent = event.finalHeaders.slice(-RECENT_HEADERS_MAX);
      for (const { key } of this.recent) this.recentKeys.add(key);
      this.finalTip = this.recent[this.recent.length - 1];
      // A certificate of an earlier epoch has no rank in this one.
      this.finalCertificate = event.finalCertificate?.epoch === epoch ? event.finalCertificate : null;
    }
    for (const block of event.blocks) {
      if (block.header.height > this.finalTip.header.height) this.hold(block);
    }
    for (const { height, execRoot } of event.executed) this.executed(height, execRoot);
  }

  /** Takes in a block; false if it is known or there is no room. */
  add(block: Block): boolean {
    if (block.header.height <= this.finalTip.header.height || this.blocks.has(block.key)) return false;
    if (this.blocks.size >= UNFINALISED_BLOCKS_MAX) return false;
    this.hold(block);
    return true;
  }

  get isFull(): boolean {
    return this.blocks.size >= UNFINALISED_BLOCKS_MAX;
  }

  /** Forgets blocks that are not in `keep`; they stay in the journal and can be fetched again. */
  retain(keep: ReadonlySet<string>): void {
    for (const key of this.blocks.keys()) if (!keep.has(key)) this.blocks.delete(key);
  }

  block(key: string): Block | undefined {
    return this.blocks.get(key)?.block;
  }

  /** Blocks from above the final tip up to the named one, ascending. Empty if it is the tip. */
  pathTo(id: Uint8Array): ChainPath {
    const path: Block[] = [];
    for (let key = hex(id); key !== this.finalTip.key;) {
      const child = path[path.length - 1];
      const held = this.blocks.get(key);
      if (held === undefined) {
        // The child of a final block other than the tip stands beside the chain; anything else may just not be here yet.
        if (child !== undefined && child.header.height <= this.finalTip.header.height + 1) return { kind: 'conflict' };
        return { kind: 'missing', id: child?.header.parentId ?? id };
      }
      path.push(held.block);
      key = held.parentKey;
    }
    return { kind: 'linked', blocks: path.reverse() };
  }

  private hold(block: Block): void {
    this.blocks.set(block.key, { block, parentKey: hex(block.header.parentId) });
  }

  /** Makes the path final. */
  finalize(path: readonly HeaderLink[], certificate: Certificate | null): void {
    for (const block of path) {
      invariant(equalBytes(block.header.parentId, this.finalTip.id), 'final blocks form a chain', {
        height: block.header.height,
      });
      this.finalTip = { id: block.id, key: block.key, header: block.header, headerBytes: block.headerBytes };
      this.recent.push(this.finalTip);
      this.recentKeys.add(block.key);
    }
    const excess = Math.max(0, this.recent.length - RECENT_HEADERS_MAX);
    for (const { key } of this.recent.splice(0, excess)) this.recentKeys.delete(key);
    this.finalCertificate = certificate;
    for (const [key, { block }] of this.blocks)
      if (block.header.height <= this.finalTip.header.height) this.blocks.delete(key);
  }

  /** The final tip is where another epoch begins: it has no certificate of that epoch yet. */
  beginEpoch(): void {
    this.finalCertificate = null;
    this.blocks.clear();
  }

  /** A final header by height, if it is recent enough to be held. */
  finalHeader(height: number): HeaderLink | undefined {
    return this.recent[height - this.recent[0].header.height];
  }

  /** Whether a recent final block holds this id. */
  isRecentFinal(key: string): boolean {
    return this.recentKeys.has(key);
  }

  executed(height: number, execRoot: Uint8Array): void {
    this.execRoots.set(height, execRoot);
    this.executedHeight = Math.max(this.executedHeight, height);
    this.execRoots.delete(height - RECENT_HEADERS_MAX);
  }

  execRoot(height: number): Uint8Array | undefined {
    return this.execRoots.get(height);
  }

  /** Final headers from a height on (as far as held), ascending. */
  finalHeadersFrom(height: number): HeaderLink[] {
    return this.recent.slice(Math.max(0, height - this.recent[0].header.height));
  }

  /** Bytes of bodies that are final but not executed, counted up to `maxBytes`. */
  unexecutedBytes(maxBytes: number): number {
    let bytes = 0;
    for (let height = this.finalTip.header.height; height > this.executedHeight && bytes < maxBytes; height -= 1) {
      bytes += this.finalHeader(height)?.header.bodyLength ?? 0;
    }
    return bytes;
  }
}
