import type { LedgerStep } from '@quorate/sdk';

/** One step of provisioning as it stands now; a step that was tried again is still one line. */
export interface StepLine {
  readonly key: string;
  readonly step: string;
  readonly replicaIndex: number | null;
  readonly workerName: string | null;
  readonly state: LedgerStep['state'];
  readonly startedAt: string;
  readonly elapsedMs: number | null;
  readonly attempts: number;
  readonly cause: LedgerStep['cause'];
}

/** Folds reported steps, in order of their sequence, into one line for each step of each replica. */
export function foldSteps(steps: readonly LedgerStep[]): StepLine[] {
  const lines = new Map<string, StepLine>();
  for (const step of [...steps].sort((left, right) => left.sequence - right.sequence)) {
    const key = `${step.step}/${step.replicaIndex ?? '-'}`;
    const earlier = lines.get(key);
    const begins = earlier === undefined || (step.state === 'started' && earlier.state !== 'started');
    const startedAt = begins ? step.at : earlier.startedAt;
    lines.set(key, {
      key,
      step: step.step,
      replicaIndex: step.replicaIndex,
      workerName: step.workerName ?? earlier?.workerName ?? null,
      state: step.state,
      startedAt,
      elapsedMs: step.elapsedMs ?? (step.state === 'started' ? null : Date.parse(step.at) - Date.parse(startedAt)),
      attempts: (earlier?.attempts ?? 0) + (begins ? 1 : 0),
      cause: step.state === 'failed' ? step.cause : null,
    });
  }
  return [...lines.values()];
}

/** Adds one reported step to a list, replacing what was known under its sequence. */
export function mergeStep(steps: readonly LedgerStep[], step: LedgerStep): LedgerStep[] {
  return [...steps.filter(({ sequence }) => sequence !== step.sequence), step];
}
