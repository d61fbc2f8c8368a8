// Names optional packages of other platforms that the lock file leaves out, which makes `npm ci` refuse it.
//
// npm writes such a lock file when its registry did not offer those packages. `node tools/lock-file.mjs --complete` adds
// them: their version is known from the package that wants them, their platform from their name. npm then skips them
// where they do not fit; where they do fit it installs them without a checksum.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Whether a package below `from` finds `name`: beside it, or beside one of the packages around it. */
function finds(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

function platformOf(name) {
  const words = name.split('/').pop().split(/[-.]/);
  const system = words.find((word) => systems.includes(word));
  const processor = words.find((word) => processors.includes(word));
  const musl = words.includes('musl') || words.includes('musleabihf');
  return {
    ...(processor && { cpu: [processor] }),
    ...(system && { os: [system] }),
    ...(system === 'linux' && (musl || words.includes('gnu')) && { libc: [musl ? 'musl' : 'glibc'] }),
  };
}

/** The entries that the lock file lacks, by their place in it. */
export function missingEntries(packages) {
  return Object.entries(packages).flatMap(([from, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name, version]) => /^\d/.test(version) && !finds(packages, from, name))
      .map(([name, version]) => [
        `node_modules/${name}`,
        { version, ...platformOf(name), ...(dev && { dev }), optional: true },
      ]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const missing = missingEntries(lock.packages);
  if (process.argv.includes('--complete')) {
    const entries = Object.entries({ ...Object.fromEntries(missing), ...lock.packages });
    lock.packages = Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
    writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`Added ${missing.length} entries to package-lock.json`);
  } else if (missing.length > 0) {
    console.error(missing.map(([place]) => `${place} is not in package-lock.json`).join('\n'));
    console.error('Run: node tools/lock-file.mjs --complete');
    process.exit(1);
  }
}
