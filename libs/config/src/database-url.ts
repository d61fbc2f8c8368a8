import { createHmac } from 'node:crypto';
import type { Config } from './config';

/** Database roles: `quorate_api` sees one tenant at a time, `quorate_system` serves the platform's own processes. */
export type DatabaseRole = 'quorate_api' | 'quorate_system';

/** The password of a database role, derived from the installation's secret so that no file lists it. */
export function databasePassword(config: Config, role: DatabaseRole): string {
  return deriveSecret(config, `database/${role}`).toString('hex');
}

/** The connection URL for a role on the same server and database as the owner's URL. */
export function databaseUrl(config: Config, role: DatabaseRole): string {
  const url = new URL(config.databaseUrl);
  url.username = role;
  url.password = databasePassword(config, role);
  return url.toString();
}

/** A 32-byte secret for one named purpose. */
export function deriveSecret(config: Pick<Config, 'secret'>, purpose: string): Buffer {
  return createHmac('sha256', config.secret).update(`quorate/${purpose}`).digest();
}
