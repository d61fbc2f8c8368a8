import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileName = 'installation-secret';

/** Reads the installation's root secret, or makes it (file mode 0600). */
export function ensureSecret(home: string): string {
  return ensureFile(home, fileName, () => `${randomBytes(32).toString('hex')}\n`);
}

/**
 * The text of a secret file, which is made if it is not there.
 *
 * Several processes may start at the same instant: the file appears complete under its name by `link`, which
 * fails when another process was first, and then that one's secret is taken.
 */
export function ensureFile(home: string, name: string, make: () => string): string {
  const path = join(home, name);
  const existing = readSecret(path);
  if (existing !== null) return existing;
  mkdirSync(home, { recursive: true });
  const draft = join(home, `.${name}-${process.pid}-${randomBytes(4).toString('hex')}`);
  writeFileSync(draft, make(), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (fault) {
    if (!isFault(fault, 'EEXIST')) throw fault;
  } finally {
    unlinkSync(draft);
  }
  const made = readSecret(path);
  if (made === null) throw new Error(`CONFIG_SECRET_UNREADABLE ${path}`);
  return made;
}

function readSecret(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (fault) {
    if (isFault(fault, 'ENOENT')) return null;
    throw fault;
  }
}

function isFault(fault: unknown, code: string): boolean {
  return typeof fault === 'object' && fault !== null && 'code' in fault && fault.code === code;
}
