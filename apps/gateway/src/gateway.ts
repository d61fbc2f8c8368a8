import type { AddressInfo } from 'node:net';

import { Authenticator } from '@quorate/auth';
import type { Config } from '@quorate/config';
import { GatewayStore, openApiDatabase, openSystemDatabase, RouteStore } from '@quorate/database';
import { systemContext } from '@quorate/tenancy';
import { connectReplica } from '@quorate/transport';
import type { Logger } from 'pino';

import { Credentials } from './access/credentials';
import { RequestLimits } from './access/request-limits';
import { gatewayIdentity } from './gateway-identity';
import { closeHttpServer, createHttpServer } from './http-server';
import { LedgerAccess } from './ledgers/ledger-access';
import { PaymentFileReader } from './payments/payment-file-reader';
import { LedgerLinks } from './replicas/ledger-links';
import { LedgerRoutes } from './routes/ledger-routes';
import { BlockStreams } from './streams/block-streams';

const poolSizeMax = 4;
const probe = systemContext('gateway readiness');

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  /** Takes no new requests, lets answers under way finish, then closes every connection. */
  stop(): Promise<void>;
}

/** Opens the databases, makes the gateway known to replicas and starts to listen. */
export async function startGateway(config: Config, logger: Logger): Promise<Gateway> {
  const [api, system, identity] = await Promise.all([
    openApiDatabase(config, { poolSizeMax }),
    openSystemDatabase(config, { poolSizeMax }),
    gatewayIdentity(config.home),
  ]);
  await new GatewayStore(system).registerCertificate(identity.certificate);
  const links = new LedgerLinks(identity, connectReplica);
  const credentials = new Credentials(new Authenticator(system), logger);
  const streams = new BlockStreams();
  const reader = new PaymentFileReader();
  const access = new LedgerAccess(new LedgerRoutes(new RouteStore(api), logger), links);
  const limits = new RequestLimits();
  const readiness = { check: async () => void (await system.direct(probe).query('select 1')) };
  const app = await createHttpServer({
    services: { access, credentials, streams, reader, readiness },
    limits,
    logger,
    origins: consoleOrigins(config.publicUrl),
  });
  await app.listen({ port: config.gatewayPort, host: config.bind });
  return {
    port: (app.getHttpServer().address() as AddressInfo).port,
    async stop() {
      streams.endAll();
      await closeHttpServer(app, limits);
      links.close();
      await reader.close();
      await Promise.all([api.close(), system.close()]);
    },
  };
}

/** The console's origin; on a developer's machine under both names of the loopback address. */
function consoleOrigins(publicUrl: string): readonly string[] {
  const url = new URL(publicUrl);
  if (url.hostname !== 'localhost' && url.hostname !== '127.0.0.1') return [url.origin];
  return ['localhost', '127.0.0.1'].map((name) => `${url.protocol}//${name}${url.port === '' ? '' : `:${url.port}`}`);
}
