import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createControlPlaneClient } from '@quorate/sdk';
import { TestPlatform } from '../platform/test-platform';

const root = join(__dirname, '../..');
const run = promisify(execFile);
const password = 'a long enough password';

/** Code blocks of a page that are marked as executed, in order. */
function runnable(page: string, language: string): string[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const pattern = new RegExp(`<!-- run -->\\n+\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\``, 'g');
  return Array.from(text.matchAll(pattern), ([, code]) => code);
}

// The guides read fields with jq; the test machine need not have it.
const jq = `jq() { node -e '
  const words = process.argv.slice(1).filter((word) => !word.startsWith("-"));
  const value = JSON.parse(require("fs").readFileSync(words[1] ?? 0, "utf8"));
  const answer = Function("it", "return it" + words[0])(value);
  if (answer === false || answer === undefined) process.exit(1);
  console.log(answer);' -- "$@"; }`;

describe('the snippets of the guides', () => {
  let platform: TestPlatform;
  const directory = mkdtempSync(join(tmpdir(), 'quorate-docs-'));
  const email = 'guide@bank.example';

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await createControlPlaneClient({ url: platform.url }).signup({ institution: 'Guide Bank', email, password });
  });

  afterAll(async () => {
    await platform?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    HOME: directory,
    QUORATE_URL: platform.url,
    QUORATE_CONFIG_HOME: join(directory, 'config'),
    QUORATE_EMAIL: email,
    QUORATE_PASSWORD: password,
    BUILD: '17',
  });

  it('runs the pipeline guide, and what is said of authority and of statements before it cleans up', async () => {
    const pipeline = runnable('guides/pipeline.md', 'bash');
    expect(pipeline.length).toBeGreaterThanOrEqual(5);
    const statements = runnable('guides/statements.md', 'bash');
    expect(statements.length).toBeGreaterThanOrEqual(3);
    const authority = runnable('concepts/authority.md', 'bash');
    expect(authority.length).toBeGreaterThanOrEqual(5);
    const script = [...pipeline.slice(0, -1), ...statements, ...authority, ...pipeline.slice(-1)];
    const file = join(directory, 'pipeline.sh');
    writeFileSync(file, ['set -euo pipefail', jq, ...script].join('\n'));
    const { stdout, stderr } = await run('bash', [file], { cwd: directory, env: environment() });
    expect(stdout).toContain('applied');
    expect(stdout).toMatch(/court order 12 +order withdrawn/);
    // What was posted of the promise, beside the promise itself.
    expect(stdout).toMatch(/30\.00 +CHF +posted[^\n]*\n[^\n]* 12\.50 +CHF/);
    expect(stdout).toContain('archive/12');
    // The refusal of one signature of two lists who is missing.
    expect(stderr).toContain(': counted');
    expect(stderr.match(/: missing/g)).toHaveLength(2);
  }, 300_000);

  it('runs the guide to forks and restores', async () => {
    const [login] = runnable('guides/pipeline.md', 'bash');
    const snippets = [login, ...runnable('guides/backup.md', 'bash')];
    expect(snippets.length).toBeGreaterThanOrEqual(5);
    const file = join(directory, 'backup.sh');
    writeFileSync(file, ['set -euo pipefail', jq, ...snippets].join('\n'));
    const { stdout } = await run('bash', [file], { cwd: directory, env: environment() });
    expect(stdout).toContain('applied');
  }, 300_000);

  it('runs the SDK guide', async () => {
    const visitor = createControlPlaneClient({ url: platform.url });
    const { cookie } = await visitor.loginForCookie({ email, password });
    const { key } = await createControlPlaneClient({ url: platform.url, cookie }).createApiKey({
      name: 'guide',
      expiresInDays: 1,
    });
    const [code] = runnable('guides/sdk.md', 'js');
    const program = `const { createRequire } = require('node:module');
      (async (require) => { ${code} })(createRequire(${JSON.stringify(join(root, 'package.json'))})).catch((error) => { console.error(error); process.exit(1); });`;
    const { stdout } = await run(process.execPath, ['-e', program], {
      cwd: root,
      env: { ...environment(), QUORATE_API_KEY: key },
    });
    expect(stdout.trim()).toBe('applied');
  });
});
