interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Simulated time: runs tasks in order of time, then of creation. */
export class Scheduler {
  nowMs = 0;
  tasksRun = 0;
  private readonly heap: Task[] = [];
  private order = 0;

  at(atMs: number, run: () => void): void {
    this.order += 1;
    this.heap.push({ atMs: Math.max(atMs, this.nowMs), order: this.order, run });
    this.up(this.heap.length - 1);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Runs everything that is due up to `untilMs`, or until `done` says so. Returns whether `done` said so. */
  run(untilMs: number, done: () => boolean = () => false): boolean {
    while (this.runNext(untilMs)) if (done()) return true;
    return done();
  }

  /** Runs the next task if it is due by then; otherwise time has come to `untilMs` and the answer is false. */
  runNext(untilMs: number): boolean {
    if (this.heap.length === 0 || this.heap[0].atMs > untilMs) {
      this.nowMs = untilMs;
      return false;
    }
    const task = this.pop();
    this.nowMs = task.atMs;
    this.tasksRun += 1;
    task.run();
    return true;
  }

  private pop(): Task {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) {
      this.heap[0] = last;
      this.down(0);
    }
    return first;
  }

  private before(left: number, right: number): boolean {
    const a = this.heap[left];
    const b = this.heap[right];
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  private swap(left: number, right: number): void {
    [this.heap[left], this.heap[right]] = [this.heap[right], this.heap[left]];
  }

  private up(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private down(start: number): void {
    let index = start;
    for (;;) {
      let least = index;
      for (const child of [index * 2 + 1, index * 2 + 2])
        if (child < this.heap.length && this.before(child, least)) least = child;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }
}
