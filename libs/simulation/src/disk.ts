import type { PersistEffect } from '@quorate/consensus';
import type { Random } from './random';

/** A journal in memory: records become durable in order; a crash keeps a prefix of what was not synced yet. */
export class SimulatedDisk {
  readonly durable: PersistEffect[] = [];
  private unsynced: PersistEffect[] = [];

  append(record: PersistEffect): void {
    this.unsynced.push(record);
  }

  get hasUnsynced(): boolean {
    return this.unsynced.length > 0;
  }

  /** Syncs the first `count` unsynced records; returns the last token. */
  sync(count: number): number {
    const synced = this.unsynced.splice(0, count);
    this.durable.push(...synced);
    return synced.length === 0 ? 0 : synced[synced.length - 1].token;
  }

  get unsyncedCount(): number {
    return this.unsynced.length;
  }

  crash(random: Random): void {
    this.durable.push(...this.unsynced.slice(0, random.below(this.unsynced.length + 1)));
    this.unsynced = [];
  }
}
