interface Entry<V> {
  readonly value: Promise<V>;
  readonly loadedAtMs: number;
  ageMsMax: number;
}

/** How long to keep what, how much of it, and by which clock. */
export interface AgedCacheOptions<V> {
  /** How long a value may be answered from memory, counted from the begin of its look-up. */
  readonly ageMs: (value: V) => number;
  readonly entriesMax: number;
  readonly nowMs: () => number;
}

/**
 * Answers of a slower source, kept for a short age. Callers that ask for the same key at the same time share one
 * look-up; a failed look-up is not kept. When full, the entry that was loaded longest ago goes.
 */
export class AgedCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(private readonly options: AgedCacheOptions<V>) {}

  get(key: string, load: () => Promise<V>): Promise<V> {
    const nowMs = this.options.nowMs();
    const known = this.entries.get(key);
    if (known !== undefined && nowMs - known.loadedAtMs < known.ageMsMax) return known.value;
    const value = load();
    this.entries.delete(key);
    const entry: Entry<V> = { value, loadedAtMs: nowMs, ageMsMax: Number.POSITIVE_INFINITY };
    this.entries.set(key, entry);
    value.then(
      (loaded) => (entry.ageMsMax = this.options.ageMs(loaded)),
      () => this.forget(key, entry),
    );
    if (this.entries.size > this.options.entriesMax) this.entries.delete(this.entries.keys().next().value as string);
    return value;
  }

  get size(): number {
    return this.entries.size;
  }

  private forget(key: string, entry: Entry<V>): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}
