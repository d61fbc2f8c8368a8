import type { ReplicaAnswer, ReplicaQuery } from '@quorate/transport';
import type { FastifyRequest } from 'fastify';

import { callerOf } from '../access/access-hook';
import { consistencyOf } from '../access/consistency-hook';
import { GatewayProblem } from '../problems/gateway-problem';
import type { LedgerLink } from '../replicas/ledger-link';
import type { LedgerLinks } from '../replicas/ledger-links';
import { ReplicaUnreachable } from '../replicas/replica-link';
import type { LedgerRoutes, ReadyLedger } from '../routes/ledger-routes';

const retryAfterMs = 1_000;

/** A ledger that the caller may use, and the connections to it. */
export interface OpenLedger {
  readonly tenantId: string;
  readonly ledger: ReadyLedger;
  readonly link: LedgerLink;
}

/** The one door to ledgers: finds a ledger for the caller of a request and asks its replicas. */
export class LedgerAccess {
  constructor(
    private readonly routes: LedgerRoutes,
    private readonly links: LedgerLinks,
  ) {}

  async open(request: FastifyRequest, ledgerId: string): Promise<OpenLedger> {
    const { context } = callerOf(request);
    const ledger = await this.routes.ready(context, ledgerId);
    return { tenantId: context.tenantId, ledger, link: this.links.of(ledger) };
  }

  /** Puts one query to the ledger's replicas; a ledger out of reach is a problem, not an empty answer. */
  async query(request: FastifyRequest, ledgerId: string, query: ReplicaQuery): Promise<ReplicaAnswer> {
    const { link } = await this.open(request, ledgerId);
    return ask(link, withConsistency(request, query));
  }
}

/** The query as the request wants it to be answered. */
export function withConsistency<Q extends ReplicaQuery>(request: FastifyRequest, query: Q): Q {
  const consistency = consistencyOf(request);
  return consistency === 'proven' ? query : { ...query, consistency };
}

/** Puts one query to a ledger's replicas. Throws the problem that tells why there is no answer. */
export async function ask(link: LedgerLink, query: ReplicaQuery): Promise<ReplicaAnswer> {
  try {
    return await link.query(query);
  } catch (cause) {
    if (!(cause instanceof ReplicaUnreachable)) throw cause;
    throw new GatewayProblem('LEDGER_UNAVAILABLE', 'No replica of the ledger answers.', { retryAfterMs });
  }
}
