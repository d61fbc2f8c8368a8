// Compiles every library, application and migration from TypeScript to CommonJS beside its source
// (`libs/*/dist`, `apps/*/dist`, `migrations/dist`), and the console with Vite. Only what changed is compiled again.
// Libraries whose speed the platform hangs on become one file each: between modules a call looks its function up every time.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const joinedLibraries = ['ledger'];
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

/** Loads the compiler only when something has to be compiled: a start without changes must be quick. */
async function compileFile(path, target) {
  const { default: swc } = await import('@swc/core');
  const { code } = await swc.transformFile(path, { ...swcOptions, swcrc: false, cwd: root });
  writeWhole(target, code);
}

/** Written beside and moved: a build that is killed half-way must not leave a cut file that looks new. */
function writeWhole(target, code) {
  mkdirSync(dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}.draft`;
  writeFileSync(draft, code);
  renameSync(draft, target);
}

/** Joins one source folder into one file of the output folder; returns how many files were written. */
async function joinFolder(source, output) {
  const target = join(output, 'index.js');
  const newest = Math.max(...filesBelow(source).filter(isSource).map(modifiedAt), modifiedAt(import.meta.filename));
  for (const path of filesBelow(output)) if (path.endsWith('.js') && path !== target) rmSync(path, { force: true });
  if (modifiedAt(target) > newest) return 0;
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(source, 'index.ts'),
    external: /^@quorate\//,
    platform: 'neutral',
    optimization: { inlineConst: true },
  });
  const { output: chunks } = await bundle.generate({ format: 'cjs', sourcemap: 'inline', file: target });
  await bundle.close();
  writeWhole(target, chunks[0].code);
  return 1;
}

/** Compiles one source folder into one output folder; returns how many files were written. */
async function compileFolder(source, output) {
  const wanted = new Set();
  let written = 0;
  for (const path of filesBelow(source).filter(isSource)) {
    const target = join(output, relative(source, path).replace(/\.tsx?$/, '.js'));
    wanted.add(target);
    if (modifiedAt(target) > Math.max(modifiedAt(path), modifiedAt(join(root, 'tools/swc.json')))) continue;
    await compileFile(path, target);
    written += 1;
  }
  for (const path of filesBelow(output)) if (path.endsWith('.js') && !wanted.has(path)) rmSync(path, { force: true });
  return written;
}

async function buildConsole(say) {
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
  say('Building the console');
  // Whoever builds, a test run too: what is served is never a development build.
  const { NODE_ENV: before } = process.env;
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  await build({ root: consoleRoot, configFile: join(consoleRoot, 'vite.config.mjs'), logLevel: 'warn' });
  if (before === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = before;
}

/** Builds what changed since the last build. */
export async function buildAll({ withConsole = true, say = () => undefined } = {}) {
  let written = 0;
  for (const area of ['libs', 'apps']) {
    for (const name of readdirSync(join(root, area))) {
      if (name === 'console') continue;
      const compile = area === 'libs' && joinedLibraries.includes(name) ? joinFolder : compileFolder;
      written += await compile(join(root, area, name, 'src'), join(root, area, name, 'dist'));
    }
  }
  written += await compileFolder(join(root, 'migrations'), join(root, 'dist/migrations'));
  if (written > 0) say(`Compiled ${written} files`);
  if (withConsole) await buildConsole(say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAll({ withConsole: !process.argv.includes('--without-console'), say: console.log });
}
