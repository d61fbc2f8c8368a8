import 'reflect-metadata';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig, workspaceRoot } from '@quorate/config';
import { createApplication } from './application';
import { describeApi } from './api-description';
import { createLogger } from './http/log';
import { problemPage } from './http/problem';
import { createServices } from './services';

/** Writes the API description and the page of problems, or with --check fails when they are not what the code says. Needs no database. */
async function main(): Promise<void> {
  const config = loadConfig({ QUORATE_LOG_LEVEL: 'silent', QUORATE_DATABASE_PASSWORD: 'nothing is opened with this' });
  const services = createServices(config, createLogger(config));
  const app = await createApplication(services);
  const pages = [
    { path: 'openapi/control-plane.json', text: `${JSON.stringify(describeApi(app), null, 2)}\n` },
    {
      path: 'docs/reference/control-plane-errors.md',
      text: problemPage(),
    },
  ];
  const checking = process.argv.includes('--check');
  const stale = pages.filter(({ path, text }) => !isUpToDate(join(workspaceRoot, path), text));
  for (const { path, text } of stale) {
    if (checking) process.stderr.write(`${path} is out of date: run node apps/control-plane/dist/openapi.js\n`);
    else writePage(join(workspaceRoot, path), text);
  }
  process.exit(checking && stale.length > 0 ? 1 : 0);
}

function isUpToDate(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text;
}

function writePage(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : 'unknown fault'}\n`);
  process.exit(1);
});
