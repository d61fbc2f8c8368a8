// Compiles every library, application and migration from TypeScript to CommonJS beside its source
// (`libs/*/dist`, `apps/*/dist`, `migrations/dist`), and the console with Vite. Only what changed is compiled again.
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const swcOptions = JSON.parse(readFileSync(join(root, 'tools/swc.json'), 'utf8'));

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return [path];
  });
}

const isSource = (path) => /\.tsx?$/.test(path) && !/\.(spec|d)\.tsx?$/.test(path);
const modifiedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** Compiles one source folder into one output folder; returns how many files were written. */
async function compileFolder(swc, source, output) {
  const wanted = new Set();
  let written = 0;
  for (const path of filesBelow(source).filter(isSource)) {
    const target = join(output, relative(source, path).replace(/\.tsx?$/, '.js'));
    wanted.add(target);
    if (modifiedAt(target) > Math.max(modifiedAt(path), modifiedAt(join(root, 'tools/swc.json')))) continue;
    const result = await swc.transformFile(path, { ...swcOptions, swcrc: false, cwd: root });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, result.code);
    written += 1;
  }
  for (const path of filesBelow(output)) if (path.endsWith('.js') && !wanted.has(path)) rmSync(path);
  return written;
}

async function buildConsole() {
  const consoleRoot = join(root, 'apps/console');
  if (!existsSync(join(consoleRoot, 'vite.config.mjs'))) return;
  const inputs = [
    ...filesBelow(join(consoleRoot, 'src')),
    ...['index.html', 'vite.config.mjs'].map((name) => join(consoleRoot, name)),
    ...readdirSync(join(root, 'libs')).flatMap((name) => filesBelow(join(root, 'libs', name, 'src')).filter(isSource)),
    join(root, 'package-lock.json'),
  ];
  const newest = Math.max(...inputs.map(modifiedAt));
  if (modifiedAt(join(consoleRoot, 'dist/index.html')) > newest) return;
  const { build } = await import('vite');
  await build({ root: consoleRoot, configFile: join(consoleRoot, 'vite.config.mjs'), logLevel: 'warn' });
}

export async function buildAll({ withConsole = true } = {}) {
  const swc = (await import('@swc/core')).default;
  for (const area of ['libs', 'apps']) {
    for (const name of readdirSync(join(root, area))) {
      if (name === 'console') continue;
      await compileFolder(swc, join(root, area, name, 'src'), join(root, area, name, 'dist'));
    }
  }
  await compileFolder(swc, join(root, 'migrations'), join(root, 'dist/migrations'));
  if (withConsole) await buildConsole();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAll({ withConsole: !process.argv.includes('--without-console') });
}
