// Compiles the hot half of the ledger, libs/ledger/engine, from AssemblyScript to WebAssembly, and writes its bytes into
// libs/ledger/src/engine-code.ts, which is kept with the sources: whoever builds or tests needs no other compiler.
// With `--check` it writes nothing and fails when that file says something else than the sources.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import asc from 'assemblyscript/asc';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'libs/ledger/src/engine-code.ts');
const lineLength = 116;

/** The bytes that the compiler makes of the sources: the same on every machine. */
async function compile() {
  let code;
  const words = ['libs/ledger/engine/index.ts', '--baseDir', root, '--outFile', 'engine.wasm', '-O3', '--converge'];
  const { error, stderr } = await asc.main(
    [...words, '--runtime', 'stub', '--importMemory', '--noAssert', '--noExportMemory', '--enable', 'simd'],
    {
      writeFile: (name, contents) => {
        if (name === 'engine.wasm') code = contents;
      },
    },
  );
  if (error !== null || code === undefined) throw new Error(stderr.toString());
  return Buffer.from(code);
}

async function page(code) {
  const text = code.toString('base64');
  const lines = [];
  for (let at = 0; at < text.length; at += lineLength) lines.push(`  '${text.slice(at, at + lineLength)}',`);
  const draft = `// Made by \`node tools/engine.mjs\` from libs/ledger/engine: ${code.length} bytes of WebAssembly in base64. Not to be edited.
/** The hot half of the engine. */
export const ENGINE_CODE: string = [
${lines.join('\n')}
].join('');
`;
  return format(draft, { ...(await resolveConfig(target)), filepath: target });
}

const made = await page(await compile());
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== made) {
    console.error('libs/ledger/src/engine-code.ts differs from libs/ledger/engine: run `node tools/engine.mjs`.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, made);
}
