import 'reflect-metadata';
import { loadConfig } from '@quorate/config';
import { AccountsService } from './accounts/accounts.service';
import { createApplication } from './application';
import { createLogger } from './http/log';
import { ReconcileProcessor } from './reconciler/reconcile.processor';
import { closeServices, createServices, openServices } from './services';

/** A shutdown that takes longer is cut off: its work is safe to repeat. */
const shutdownMsMax = 10_000;

async function start(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config);
  const services = createServices(config, logger);
  await openServices(services);
  const app = await createApplication(services);
  await app.init();
  const admin = await app.get(AccountsService, { strict: false }).createFirstAdmin();
  // The one place where this password is ever shown.
  if (admin) process.stdout.write(`first-admin ${admin.email} ${admin.password}\n`);
  await app.get(ReconcileProcessor, { strict: false }).start();
  const server = await app.listen(config.port, config.bind);
  // Longer than the idle time of common load balancers, so that they close first.
  server.keepAliveTimeout = 65_000;
  // Nobody who means well takes longer to say what is wanted; bodies have at most 256 KiB.
  server.headersTimeout = 20_000;
  server.requestTimeout = 30_000;
  logger.info(
    { url: config.publicUrl, bind: config.bind, port: config.port, queues: services.jobs.backendKind },
    'control plane is ready',
  );

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'control plane stops');
    setTimeout(() => process.exit(1), shutdownMsMax).unref();
    app
      .close()
      .then(() => closeServices(services))
      .then(
        () => process.exit(0),
        (fault: Error) => {
          logger.error({ fault: fault.message }, 'shutdown failed');
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

start().catch((fault: unknown) => {
  process.stderr.write(
    `control plane could not start: ${fault instanceof Error ? (fault.stack ?? fault.message) : 'unknown fault'}\n`,
  );
  process.exit(1);
});
