import { PAGE_ROWS_MAX } from '@quorate/ledger';

/** What one page may still look at. When it is spent the page ends, maybe empty, and its cursor goes on. */
export class PageWork {
  private rows = 0;
  private blocks = 0;
  private height = 0;

  constructor(private readonly blocksMax: number) {}

  row(): void {
    this.rows += 1;
  }

  block(height: number): void {
    if (height === this.height) return;
    this.height = height;
    this.blocks += 1;
  }

  get isSpent(): boolean {
    return this.rows >= PAGE_ROWS_MAX || this.blocks >= this.blocksMax;
  }
}
