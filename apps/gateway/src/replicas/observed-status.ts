import type { ReplicaAnswer } from '@quorate/transport';

/** The part of a replica's status that the gateway uses. A replica's word, not a proof. */
export interface ObservedStatus {
  readonly epoch: number;
  /** Index in the epoch's configuration; null when it is no member of it. */
  readonly self: number | null;
  readonly term: number;
  readonly leader: number | null;
  readonly height: number;
  readonly executedHeight: number;
  readonly provenHeight: number;
  readonly finalityMs: number | null;
}

/** Reads a status answer; null when it is not one. */
export function readStatus(answer: ReplicaAnswer): ObservedStatus | null {
  const source = ('status' in answer ? answer.status : answer) as Partial<Record<keyof ObservedStatus, unknown>>;
  const { term, height, executedHeight, provenHeight } = source;
  if (!isCount(term) || !isCount(height) || !isCount(executedHeight) || !isCount(provenHeight)) return null;
  const leader = isCount(source.leader) ? source.leader : null;
  const finalityMs = typeof source.finalityMs === 'number' ? source.finalityMs : null;
  const epoch = isCount(source.epoch) ? source.epoch : 1;
  const self = isCount(source.self) ? source.self : null;
  return { epoch, self, term, leader, height, executedHeight, provenHeight, finalityMs };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
