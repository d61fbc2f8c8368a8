/** One page of a list. `nextCursor` is null on the last page. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
  /** Height at which a ledger answered; absent on control-plane lists. */
  readonly height?: number;
}

/** Which part of a list: at most `limit` (1..100) entries after `cursor`. */
export interface PageOptions {
  readonly limit?: number;
  readonly cursor?: string;
  readonly signal?: AbortSignal;
  /** `fence`: each page reflects everything that was acknowledged before it was asked for. */
  readonly consistency?: 'proven' | 'fence';
}

/**
 * A list that is asked for lazily: `await list` gives the first page, `for await (const entry of list)` walks all
 * pages, one request at a time.
 */
export class PagedList<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  private first: Promise<Page<T>> | undefined;

  constructor(
    private readonly fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
    private readonly cursor?: string,
  ) {}

  then<A = Page<T>, B = never>(
    onPage?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.page().then(onPage, onFailure);
  }

  /** The first page, as a promise. */
  page(): Promise<Page<T>> {
    this.first ??= this.fetchPage(this.cursor);
    return this.first;
  }

  /** The first `count` entries, however many pages they are spread over. */
  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    if (count > 0) for await (const entry of this) if (taken.push(entry) === count) break;
    return taken;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    let page: Page<T> = await this.page();
    for (;;) {
      yield* page.data;
      if (page.nextCursor === null) return;
      page = await this.fetchPage(page.nextCursor);
    }
  }
}
