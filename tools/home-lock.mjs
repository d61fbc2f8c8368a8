// One platform per data directory: a second start would run two PostgreSQL servers and eight workers on the same files.
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LocalFault } from './postgres-host.mjs';

const takeAttemptsMax = 5;

/** When a process started, in the kernel's ticks: tells a process from a later one that got the same number. */
function startedAt(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
    // Ended, but not collected by its parent: it holds nothing any more.
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return null;
  }
}

function holds(owner) {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const now = startedAt(owner.pid);
  return now === null || now === owner.startedAt;
}

function readOwner(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Takes the directory for this process; returns how to give it back. */
export function takeHome(home) {
  const path = join(home, 'lock');
  const draft = join(home, `lock.${randomUUID()}`);
  const mine = { pid: process.pid, startedAt: startedAt(process.pid), token: randomUUID() };
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < takeAttemptsMax; attempt += 1) {
      try {
        linkSync(draft, path);
        return () => {
          if (readOwner(path)?.token === mine.token) rmSync(path, { force: true });
        };
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = readOwner(path);
      if (owner !== null && holds(owner)) break;
      removeStale(path, owner, home);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const owner = readOwner(path);
  throw new LocalFault(
    'HOME_IN_USE',
    `Quorate already runs in ${home} (process ${owner?.pid ?? 'unknown'}): stop it, or set QUORATE_HOME to another directory.`,
  );
}

/** Moves a dead owner's lock away. Another start may have taken it meanwhile; then its lock is put back. */
function removeStale(path, seen, home) {
  const aside = join(home, `lock.${randomUUID()}`);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readOwner(aside);
  if (moved !== null && moved.token !== seen?.token && !existsSync(path)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}
