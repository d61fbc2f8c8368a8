import type { LedgerRoute, RouteStore } from '@quorate/database';
import { decodeGenesis, genesisId } from '@quorate/protocol';
import type { TenantContext } from '@quorate/tenancy';
import type { Logger } from 'pino';

import { AgedCache } from '../access/aged-cache';
import { fromDatabase } from '../access/database-calls';
import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem, ledgerUnknown } from '../problems/gateway-problem';

/** Where one replica listens and the certificate by which it is recognized. */
export type ReplicaAddress = LedgerRoute['replicas'][number];

/** A ledger in service: its replicas and its trust anchor. */
export interface ReadyLedger {
  readonly ledgerId: string;
  readonly genesis: Uint8Array;
  readonly genesisId: Uint8Array;
  readonly replicas: readonly ReplicaAddress[];
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Finds a tenant's ledger. Kept for a moment only: a retired ledger or a replica's new port is noticed soon. */
export class LedgerRoutes {
  private readonly known = new AgedCache<LedgerRoute | null>({
    ageMs: (route) => (isReady(route) ? GATEWAY_LIMITS.routeAgeMs : GATEWAY_LIMITS.unreadyRouteAgeMs),
    entriesMax: GATEWAY_LIMITS.routesMax,
    nowMs: () => performance.now(),
  });
  private readonly anchors = new Map<string, { readonly genesis: Uint8Array; readonly genesisId: Uint8Array }>();

  constructor(
    private readonly store: Pick<RouteStore, 'route'>,
    private readonly logger: Logger,
  ) {}

  /** The ledger, if this tenant has it and it is in service; otherwise throws the problem. */
  async ready(context: TenantContext, ledgerId: string): Promise<ReadyLedger> {
    const route = await this.find(context, ledgerId);
    if (!isReady(route)) {
      throw new GatewayProblem('LEDGER_NOT_READY', `The ledger is ${route.state}.`, notReadyFacts(route));
    }
    return { ledgerId, replicas: route.replicas, ...this.anchor(ledgerId, route.genesis) };
  }

  private async find(context: TenantContext, ledgerId: string): Promise<LedgerRoute> {
    if (!uuidPattern.test(ledgerId)) throw ledgerUnknown();
    const lookUp = () => fromDatabase(this.logger, () => this.store.route(context, ledgerId));
    const route = await this.known.get(`${context.tenantId}/${ledgerId}`, lookUp);
    if (route === null) throw ledgerUnknown();
    return route;
  }

  /** A ledger's genesis never changes, so its id is computed once. */
  private anchor(
    ledgerId: string,
    genesis: Uint8Array,
  ): { readonly genesis: Uint8Array; readonly genesisId: Uint8Array } {
    const known = this.anchors.get(ledgerId);
    if (known !== undefined) return known;
    if (this.anchors.size >= GATEWAY_LIMITS.routesMax) this.anchors.clear();
    const anchor = { genesis, genesisId: genesisId(decodeGenesis(genesis)) };
    this.anchors.set(ledgerId, anchor);
    return anchor;
  }
}

type ReadyRoute = LedgerRoute & { readonly genesis: Uint8Array };

function isReady(route: LedgerRoute | null): route is ReadyRoute {
  return route !== null && route.state === 'ready' && route.genesis !== null;
}

function notReadyFacts(route: LedgerRoute): { readonly retryAfterMs?: number } {
  return route.state === 'provisioning' ? { retryAfterMs: 1_000 } : {};
}
