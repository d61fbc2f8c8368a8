import 'reflect-metadata';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig, workspaceRoot } from '@quorate/config';
import { createApplication } from './application';
import { describeApi } from './api-description';
import { createLogger } from './http/log';
import { createServices } from './services';

/** Writes openapi/control-plane.json, or with --check fails when it is not what the code says. Needs no database. */
async function main(): Promise<void> {
  const config = loadConfig({ QUORATE_LOG_LEVEL: 'silent', QUORATE_DATABASE_PASSWORD: 'nothing is opened with this' });
  const services = createServices(config, createLogger(config));
  const app = await createApplication(services);
  const text = `${JSON.stringify(describeApi(app), null, 2)}\n`;
  const path = join(workspaceRoot, 'openapi/control-plane.json');
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.exit(0);
  }
  const committed = readFileSync(path, 'utf8');
  if (committed !== text)
    process.stderr.write('openapi/control-plane.json is out of date: run node apps/control-plane/dist/openapi.js\n');
  process.exit(committed === text ? 0 : 1);
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : 'unknown fault'}\n`);
  process.exit(1);
});
