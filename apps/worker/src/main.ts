import 'reflect-metadata';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@quorate/config';
import { WorkerModule } from './worker.module';

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = new ConsoleLogger({ json: true, compact: true });
  const application = await NestFactory.createApplicationContext(WorkerModule.with(config), { logger });
  application.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  process.send?.({ kind: 'ready' });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
