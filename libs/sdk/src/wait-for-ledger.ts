import type { Ledger, LedgerStep } from './control-plane-types';
import type { CallOptions } from './http-client';

const pollMs = 150;
const timeoutMsDefault = 60_000;

export interface WaitForLedgerOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each change of the ledger and the provisioning steps that are new since the last call. */
  readonly onProgress?: (ledger: Ledger, newSteps: readonly LedgerStep[]) => void;
}

/** What waiting needs of a control plane. */
export interface LedgerSource {
  ledger(id: string, options?: CallOptions): Promise<Ledger>;
  steps(id: string, options?: CallOptions): Promise<readonly LedgerStep[]>;
}

/** The ledger will not become ready: provisioning failed, or it is retired. */
export class LedgerFailedError extends Error {
  readonly code = 'LEDGER_FAILED';

  constructor(readonly ledger: Ledger) {
    super(
      `ledger ${ledger.id} is ${ledger.state}${ledger.cause ? `: ${ledger.cause.code}, ${ledger.cause.detail}` : ''}`,
    );
    this.name = 'LedgerFailedError';
  }
}

/** The ledger was not ready in time; it may still become so. */
export class LedgerWaitError extends Error {
  readonly code = 'LEDGER_WAIT_TIMEOUT';

  constructor(
    readonly ledger: Ledger,
    timeoutMs: number,
  ) {
    const change = isChanging(ledger)
      ? `, changing from ${ledger.replicas.length} to ${ledger.replicasWanted} replicas`
      : '';
    const cause = ledger.cause ? `: ${ledger.cause.code}, ${ledger.cause.detail}` : '';
    super(`ledger ${ledger.id} is still ${ledger.state}${change} after ${timeoutMs} ms${cause}`);
    this.name = 'LedgerWaitError';
  }
}

/** Waits until a ledger is ready. */
export function waitForLedger(source: LedgerSource, id: string, options?: WaitForLedgerOptions): Promise<Ledger> {
  return waitUntil(source, id, ({ state }) => state === 'ready', options);
}

/** Waits until the replica set of a ledger is what is wanted. */
export function waitForScale(source: LedgerSource, id: string, options?: WaitForLedgerOptions): Promise<Ledger> {
  return waitUntil(source, id, (ledger) => ledger.state === 'ready' && !isChanging(ledger), options);
}

/** Whether the replica set of a ledger is not yet what is wanted. */
export function isChanging({ replicas, replicasWanted, joiners }: Ledger): boolean {
  return joiners.length > 0 || replicas.length !== replicasWanted;
}

async function waitUntil(
  source: LedgerSource,
  id: string,
  holds: (ledger: Ledger) => boolean,
  options: WaitForLedgerOptions = {},
): Promise<Ledger> {
  const { signal, onProgress, timeoutMs = timeoutMsDefault } = options;
  const deadlineMs = Date.now() + timeoutMs;
  let seenSequence = -1;
  let seenState: string | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const ledger = await source.ledger(id, { signal });
    if (onProgress !== undefined) {
      const newSteps = (await source.steps(id, { signal })).filter((step) => step.sequence > seenSequence);
      if (newSteps.length > 0 || ledger.state !== seenState) onProgress(ledger, newSteps);
      seenSequence = newSteps.reduce((last, step) => Math.max(last, step.sequence), seenSequence);
      seenState = ledger.state;
    }
    if (holds(ledger)) return ledger;
    if (ledger.state !== 'provisioning' && ledger.state !== 'ready') throw new LedgerFailedError(ledger);
    if (Date.now() >= deadlineMs) throw new LedgerWaitError(ledger, timeoutMs);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
