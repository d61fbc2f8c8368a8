import { parseStatement, verifyStatement, type ProvenStatement, type StatementRefusal } from '@quorate/light-client';
import type { Genesis } from '@quorate/protocol';

/** A verification of a statement that was made in this browser. */
export interface StatementVerification {
  readonly outcome: ProvenStatement | StatementRefusal;
  readonly anchor: string | null;
  readonly durationMs: number;
}

/** Runs the light client over the pages of a statement. Nothing is sent or asked for. */
export function verifyPages(pages: unknown, anchor: string | null): StatementVerification {
  const startedMs = performance.now();
  const outcome = verifyStatement(pages, anchor ?? undefined);
  return { outcome, anchor, durationMs: performance.now() - startedMs };
}

/** Whether a file looks like a statement: a page of one, or a list of such pages. */
export function looksLikeStatement(content: unknown): boolean {
  const first: unknown = Array.isArray(content) ? content[0] : content;
  return typeof first === 'object' && first !== null && 'lines' in first;
}

/** The genesis that a statement names; null if it cannot be read. Not proved by that. */
export function genesisOf(content: unknown): Genesis | null {
  try {
    return parseStatement(content)[0].genesis;
  } catch {
    return null;
  }
}
