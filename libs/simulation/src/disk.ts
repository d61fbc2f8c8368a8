import type { PersistEffect } from '@quorate/consensus';
import type { Random } from './random';

/** A journal in memory: records become durable in order; a crash keeps a prefix of what was not synced yet. */
export class SimulatedDisk {
  readonly durable: PersistEffect[] = [];
  private unsynced: PersistEffect[] = [];
  private blockKeys = new Set<string>();

  append(record: PersistEffect): void {
    this.unsynced.push(record);
  }

  get hasUnsynced(): boolean {
    return this.unsynced.length > 0;
  }

  /** Syncs the first `count` unsynced records; returns the last token. */
  sync(count: number): number {
    const synced = this.unsynced.splice(0, count);
    this.keep(synced);
    return synced.length === 0 ? 0 : synced[synced.length - 1].token;
  }

  get unsyncedCount(): number {
    return this.unsynced.length;
  }

  /** Nothing that is not synced reaches the medium. */
  dropUnsynced(): void {
    this.unsynced = [];
  }

  crash(random: Random): void {
    this.keep(this.unsynced.slice(0, random.below(this.unsynced.length + 1)));
    this.unsynced = [];
  }

  /** Whether the block can be read back after a crash. */
  holds(blockKey: string): boolean {
    return this.blockKeys.has(blockKey);
  }

  /** Puts an old state of the disk back. */
  keepFirst(count: number): void {
    const kept = this.durable.splice(0).slice(0, count);
    this.blockKeys = new Set();
    this.keep(kept);
  }

  private keep(records: readonly PersistEffect[]): void {
    this.durable.push(...records);
    for (const { blocks } of records) for (const { key } of blocks) this.blockKeys.add(key);
  }
}
