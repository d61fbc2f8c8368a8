import type { PaymentLine } from '@quorate/payments';
import { formatId, RESULT_CODES } from '@quorate/protocol';
import type { ReplicaAnswer, ReplicaQuery } from '@quorate/transport';

import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';
import type { ProblemCode } from '../problems/problem-catalogue';
import type { LedgerLink } from '../replicas/ledger-link';
import { ask } from './ledger-access';

/** A replica answers its queries within milliseconds; a little later there is room again. */
const busyRetryMs = 200;

type ProofQuery = Extract<ReplicaQuery, { readonly query: 'receipt' | 'statement' }>;

/** A page as a replica writes it; its entries are handed on unread. */
export interface ListAnswer {
  readonly data: object[];
  readonly nextCursor: string | null;
  readonly height: number;
}

/** Reads a list; a cursor or filter that the replica does not understand is the caller's mistake. */
export function page(answer: ReplicaAnswer): ListAnswer {
  const { data, nextCursor, height } = understood(answer);
  if (!Array.isArray(data)) throw strangeAnswer();
  return { data, nextCursor: typeof nextCursor === 'string' ? nextCursor : null, height };
}

/** Reads one object, or throws the problem that says that there is none. */
export function found(answer: ReplicaAnswer, unknown: ProblemCode): object {
  const { kind } = understood(answer);
  if (kind === 'unknown') throw new GatewayProblem(unknown, 'The ledger holds nothing under this id.');
  const view = typeof kind === 'string' ? answer[kind] : undefined;
  if (typeof view !== 'object' || view === null) throw strangeAnswer();
  return view;
}

/** The answer, unless the replica has no time for the query or can make no sense of it. */
export function understood(answer: ReplicaAnswer): ReplicaAnswer {
  if (answer.kind !== 'error') return answer;
  if (answer.code === 'busy') {
    throw new GatewayProblem('LEDGER_BUSY', 'The ledger answers as many queries as it can.', {
      retryAfterMs: busyRetryMs,
    });
  }
  if (answer.code === 'REPLICA_HISTORY_INCOMPLETE' || answer.code === 'REPLICA_ARCHIVE_UNREACHABLE') {
    throw new GatewayProblem('HISTORY_UNAVAILABLE', 'No replica that could be asked reaches blocks this old.', {
      retryAfterMs: 1_000,
    });
  }
  if (answer.code === 'REPLICA_FENCE_TIMEOUT') {
    throw new GatewayProblem(
      'READ_NOT_CONFIRMED',
      'No quorum of replicas confirmed in time what the newest state is.',
      {
        retryAfterMs: 1_000,
      },
    );
  }
  const detail = typeof answer.detail === 'string' ? answer.detail : 'The query is not understood.';
  throw new GatewayProblem('REQUEST_INVALID', detail);
}

/** The result code of the first attempt to book a planned payment; null when there was none. */
export async function paymentResult(link: LedgerLink, line: PaymentLine): Promise<number | null> {
  if (line.transfer === undefined) return null;
  const id = formatId(line.transfer.id);
  const transfer = understood(await ask(link, { query: 'transfer', id }));
  if (transfer.kind === 'transfer') return RESULT_CODES.applied;
  const answer = await receiptAnswer(link, { query: 'receipt', transferId: id });
  if (answer.kind === 'unknown') return null;
  if (answer.kind === 'inherited' && typeof answer.code === 'number') return answer.code;
  const code = (answer.receipt as { readonly record?: { readonly code?: unknown } } | undefined)?.record?.code;
  if (typeof code !== 'number') throw strangeAnswer();
  return code;
}

/** Whether a planned payment was tried before, applied or not. */
export async function wasTried(link: LedgerLink, line: PaymentLine): Promise<boolean> {
  if (line.transfer === undefined) return false;
  const answer = understood(await ask(link, { query: 'receipt', transferId: formatId(line.transfer.id) }));
  return answer.kind !== 'unknown';
}

/** Asks for a proof until the certificate that it needs is there, for a bounded time. */
export async function receiptAnswer(link: LedgerLink, query: ProofQuery): Promise<ReplicaAnswer> {
  const deadlineMs = performance.now() + GATEWAY_LIMITS.receiptWaitMs;
  for (;;) {
    const answer = understood(await ask(link, query));
    if (answer.kind !== 'not_yet') return answer;
    if (performance.now() >= deadlineMs) {
      throw new GatewayProblem('RECEIPT_NOT_YET', 'The certificate is not there yet.', {
        retryAfterMs: GATEWAY_LIMITS.observeEveryMs,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, GATEWAY_LIMITS.receiptPollMs));
  }
}

function strangeAnswer(): GatewayProblem {
  return new GatewayProblem('LEDGER_UNAVAILABLE', 'A replica gave an answer that makes no sense.', {
    retryAfterMs: 1_000,
  });
}
