import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createClientCertificate } from '@quorate/transport';
import { z } from 'zod';

import type { GatewayIdentity } from './replicas/replica-link';

const identitySchema = z.strictObject({ key: z.string().min(1), certificate: z.string().min(1) });
const fileName = 'identity.json';

/**
 * The TLS identity by which replicas know the gateways of this installation: made once, kept with file mode 0600.
 *
 * Two gateways may start at the same instant: the file appears complete under its name by `link`, which fails for the
 * second, and then the first one's identity is taken.
 */
export async function gatewayIdentity(home: string): Promise<GatewayIdentity> {
  const directory = join(home, 'gateway');
  const path = join(directory, fileName);
  const known = await readIdentity(path);
  if (known !== null) return known;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `.${fileName}-${randomBytes(8).toString('hex')}`);
  await writeFile(draft, JSON.stringify(await createClientCertificate('quorate-gateway')), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (cause) {
    if (!isFault(cause, 'EEXIST')) throw cause;
  } finally {
    await unlink(draft);
  }
  const made = await readIdentity(path);
  if (made === null) throw new Error(`the gateway's identity at ${path} cannot be read`);
  return made;
}

async function readIdentity(path: string): Promise<GatewayIdentity | null> {
  try {
    return identitySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (isFault(cause, 'ENOENT')) return null;
    throw cause;
  }
}

function isFault(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
