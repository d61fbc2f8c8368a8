import 'reflect-metadata';

import { loadConfig } from '@quorate/config';
import { pino } from 'pino';

import { startGateway } from './gateway';
import { GATEWAY_LIMITS } from './limits';

const config = loadConfig();
const logger = pino({ name: 'gateway', level: config.logLevel });

async function main(): Promise<void> {
  const gateway = await startGateway(config, logger);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    const giveUp = setTimeout(() => process.exit(1), GATEWAY_LIMITS.stopMs);
    giveUp.unref();
    gateway.stop().then(
      () => process.exit(0),
      (cause: unknown) => {
        logger.error({ err: cause }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  logger.info({ port: gateway.port }, 'listening');
}

main().catch((cause: unknown) => {
  logger.fatal({ err: cause }, 'the gateway did not start');
  process.exit(1);
});
