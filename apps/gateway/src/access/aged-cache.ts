interface Entry<V> {
  readonly value: Promise<V>;
  readonly loadedAtMs: number;
}

/**
 * Answers of a slower source, kept for a short age. Callers that ask for the same key at the same time share one
 * look-up; a failed look-up is not kept. When full, the entry that was loaded longest ago goes.
 */
export class AgedCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(
    private readonly options: { readonly ageMs: number; readonly entriesMax: number; readonly nowMs: () => number },
  ) {}

  get(key: string, load: () => Promise<V>): Promise<V> {
    const nowMs = this.options.nowMs();
    const known = this.entries.get(key);
    if (known !== undefined && nowMs - known.loadedAtMs < this.options.ageMs) return known.value;
    const value = load();
    this.entries.delete(key);
    this.entries.set(key, { value, loadedAtMs: nowMs });
    value.catch(() => this.forget(key, value));
    if (this.entries.size > this.options.entriesMax) this.entries.delete(this.entries.keys().next().value as string);
    return value;
  }

  get size(): number {
    return this.entries.size;
  }

  private forget(key: string, value: Promise<V>): void {
    if (this.entries.get(key)?.value === value) this.entries.delete(key);
  }
}
