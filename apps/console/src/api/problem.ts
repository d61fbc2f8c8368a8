import { NetworkError, ProblemError, type ProblemField } from '@quorate/sdk';

/** A failure as the console shows it, whoever produced it: a server, the network or this page. */
export interface ShownProblem {
  readonly code: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly requestId?: string;
  readonly errors: readonly ProblemField[];
}

/** Any thrown value as a problem, so that one component can show all of them. */
export function toProblem(thrown: unknown): ShownProblem {
  if (thrown instanceof ProblemError) {
    const { code, status, title, detail, requestId, errors } = thrown.problem;
    return { code, status, title: title ?? '', detail: detail ?? '', requestId, errors: errors ?? [] };
  }
  if (thrown instanceof NetworkError) {
    return { code: thrown.code, status: 0, title: '', detail: thrown.message, errors: [] };
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return { code: code || 'CONSOLE_FAULT', status: -1, title: '', detail, errors: [] };
}
