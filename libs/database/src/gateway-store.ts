import { X509Certificate, createHash } from 'node:crypto';
import { systemContext, type TenantContext } from '@quorate/tenancy';
import type { ApiDatabase, SystemDatabase } from './connection';
import type { LedgerState } from './entities/ledger.entity';

/** How a gateway reaches one ledger. */
export interface LedgerRoute {
  readonly ledgerId: string;
  readonly state: LedgerState;
  /** Null until the ledger has one; replicas are listed only from then on. */
  readonly genesis: Uint8Array | null;
  readonly replicas: readonly {
    readonly index: number;
    readonly host: string;
    readonly port: number;
    readonly certificate: string;
    /** Not a member yet, but about to be: it can be reached before the next epoch begins. */
    readonly joining: boolean;
  }[];
}

/** Finds the replicas of a tenant's ledger. */
export class RouteStore {
  constructor(private readonly database: ApiDatabase) {}

  /** Null when the tenant has no such ledger, whoever else may have it. */
  route(context: TenantContext, ledgerId: string): Promise<LedgerRoute | null> {
    return this.database.run(context, async (transaction) => {
      const ledgers = await transaction.query<{ state: LedgerState; genesis: Buffer | null }[]>(
        'select state, genesis from ledgers where id = $1 and tenant_id = $2',
        [ledgerId, context.tenantId],
      );
      const ledger = ledgers[0];
      if (!ledger) return null;
      if (ledger.genesis === null) return { ledgerId, state: ledger.state, genesis: null, replicas: [] };
      const replicas = await transaction.query<LedgerRoute['replicas']>(
        `select index, host, port, certificate, joining from replicas
         where ledger_id = $1 and tenant_id = $2 and (current or (joining and state = 'running')) and certificate is not null
         order by joining, index, id`,
        [ledgerId, context.tenantId],
      );
      return { ledgerId, state: ledger.state, genesis: new Uint8Array(ledger.genesis), replicas };
    });
  }
}

/** Gateways that replicas may let in: more than this are forgotten, oldest first. */
const gatewaysMax = 64;
const context = systemContext('gateway');

/** The certificates by which replicas know the gateways. */
export class GatewayStore {
  constructor(private readonly database: SystemDatabase) {}

  /** Makes a gateway's client certificate (PEM) known; replicas that start from then on let it in. */
  async registerCertificate(certificate: string): Promise<void> {
    const hash = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
    await this.database.run(context, async (transaction) => {
      await transaction.query(
        `insert into gateways (certificate_hash, certificate) values ($1, $2)
         on conflict (certificate_hash) do update set registered_at = now()`,
        [hash, certificate],
      );
      await transaction.query(
        'delete from gateways where certificate_hash not in (select certificate_hash from gateways order by registered_at desc limit $1)',
        [gatewaysMax],
      );
    });
  }
}
