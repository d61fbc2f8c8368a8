import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CodedError } from '@quorate/errors';
import type { ReplicaCommand, ReplicaReport, ReplicaStatus } from '@quorate/replica';

type ReportKind = ReplicaReport['kind'];
type ReportOf<K extends ReportKind> = Extract<ReplicaReport, { kind: K }>;

const stopMsMax = 8_000;
const killMsMax = 5_000;

/** How a replica's process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last failure the process itself reported, if it could. */
  readonly failure: { readonly code: string; readonly detail: string } | null;
}

/**
 * One operating-system process that is, or is about to become, a replica.
 *
 * It gets an empty environment: no credential of the platform can leak into a tenant's process.
 */
export class ReplicaProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  #status: ReplicaStatus | null = null;
  #failure: ProcessEnd['failure'] = null;
  readonly #waiting = new Set<(report: ReplicaReport | null) => void>();

  constructor(private readonly onOutput: (line: string) => void) {
    this.#child = fork(require.resolve('@quorate/replica/dist/process.js'), [], {
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onOutput);
    }
    this.#child.on('message', (message) => this.#take(message as ReplicaReport));
    this.#child.on('error', (error) => onOutput(error.message));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        for (const wake of this.#waiting) wake(null);
        this.#waiting.clear();
        resolve({ code, signal, failure: this.#failure });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The newest status the replica reported since it was started. */
  get status(): ReplicaStatus | null {
    return this.#status;
  }

  #take(report: ReplicaReport): void {
    if (report.kind === 'status') this.#status = report.status;
    if (report.kind === 'reconfigure-refused') this.onOutput(`the next configuration is refused: ${report.detail}`);
    if (report.kind === 'failed') this.#failure = { code: report.code, detail: report.detail };
    for (const wake of this.#waiting) wake(report);
  }

  /** Sends a command that needs no answer. A process that is just ending ignores it. */
  tell(command: ReplicaCommand): void {
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  /** Sends a command and waits for the report that answers it, at most `waitMs`. */
  async ask<K extends ReportKind>(command: ReplicaCommand, answer: K, waitMs: number): Promise<ReportOf<K>> {
    const answered = this.#next(answer, waitMs);
    this.tell(command);
    return answered;
  }

  /** Waits for a report that comes some time after the answer to a command; to be called before that command. */
  expect<K extends ReportKind>(kind: K, waitMs: number): Promise<ReportOf<K>> {
    return this.#next(kind, waitMs);
  }

  #next<K extends ReportKind>(kind: K, waitMs: number): Promise<ReportOf<K>> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(take);
        finish();
      };
      const take = (report: ReplicaReport | null): void => {
        if (report === null) {
          const { code, detail } = this.#failure ?? { code: 'REPLICA_ENDED', detail: 'The replica process ended.' };
          settle(() => reject(new CodedError(code, detail)));
        } else if (report.kind === 'failed') {
          settle(() => reject(new CodedError(report.code, report.detail)));
        } else if (report.kind === kind) {
          settle(() => resolve(report as ReportOf<K>));
        }
      };
      const timer = setTimeout(() => {
        settle(() =>
          reject(new CodedError('REPLICA_SILENT', 'The replica process did not answer in time.', { kind, waitMs })),
        );
      }, waitMs);
      if (!this.alive) take(null);
      else this.#waiting.add(take);
    });
  }

  /** Asks the replica to close its journal and end, and enforces it after a bounded wait. */
  async stop(): Promise<ProcessEnd> {
    this.tell({ kind: 'stop' });
    if (!(await this.#endsWithin(stopMsMax))) this.#child.kill('SIGKILL');
    await this.#endsWithin(killMsMax);
    return this.ended;
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #endsWithin(waitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), waitMs);
    });
    const result = await Promise.race([this.ended.then(() => true), expired]);
    clearTimeout(timer);
    return result;
  }
}
