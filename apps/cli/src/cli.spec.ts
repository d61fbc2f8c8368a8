import { execFileSync, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeReceipt, type Receipt } from '@quorate/protocol';
import { NetworkError, ProblemError } from '@quorate/sdk';
import { provenLedger } from '../../../libs/light-client/test/proven-ledger';
import { CliFailure, exitNumber, explainFailure } from './exit-codes';
import { referencePage } from './reference';

const root = join(__dirname, '../../..');
const program = join(root, 'apps/cli/bin/quorate.js');
const sample = join(root, 'libs/payments/samples/velowerk-pain.001.001.09.xml');

let home: string;

function quorate(words: readonly string[], environment: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const env = { PATH: process.env.PATH, HOME: home, QUORATE_CONFIG_HOME: join(home, 'config'), ...environment };
  return spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', input: '', env });
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'quorate-cli-'));
  execFileSync(process.execPath, [join(root, 'tools/build.mjs'), '--without-console'], { cwd: root });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the command line', () => {
  it.each<[string, string[], string]>([
    ['an unknown command', ['ledgr', 'list'], 'Did you mean ledger'],
    ['an unknown option', ['ledger', 'list', '--everything'], 'unknown option'],
    ['a missing required option', ['ledger', 'create'], '--name'],
    ['a value outside its choices', ['ledger', 'create', '--name', 'x', '--class', 'huge'], 'sandbox'],
    ['a duration without unit', ['ledger', 'create', '--name', 'x', '--ttl', '30'], '--ttl'],
    [
      'a life for a standard ledger',
      ['ledger', 'create', '--name', 'x', '--class', 'standard', '--ttl', '30m'],
      'sandbox',
    ],
    ['one argument too many', ['receipt', 'verify', 'a', 'b'], 'too many arguments'],
    ['an address that is none', ['login', '--url', 'ftp://x', '--email', 'a@b.c', '--password-stdin'], 'ftp://x'],
    ['a password without terminal', ['login', '--email', 'a@b.c'], '--password-stdin'],
    ['an anchor that is none', ['receipt', 'verify', sample, '--genesis', 'abc'], '--genesis'],
    ['a replica that is no index', ['fleet', 'rotate-key', 'main', 'two'], 'must be its index'],
    ['keys that nobody said shall go', ['ledger', 'shred', '00000000-0000-4000-8000-000000000000'], '--yes'],
    ['a time without its offset', ['ledger', 'restore', 'main', '--at', '2026-11-22T09:30:00'], 'offset'],
    ['a file that is not there', ['receipt', 'verify', join(tmpdir(), 'no-such-receipt.json')], 'cannot be read'],
  ])('refuses %s as usage with exit code 2', (_name, words, detail) => {
    const run = quorate(words);
    expect(run.stderr).toContain(detail);
    expect(run.stdout).toBe('');
    expect(run.status).toBe(2);
  });

  it('answers in JSON on standard error when asked for JSON', () => {
    const run = quorate(['ledger', 'create', '--output', 'json']);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'USAGE', exitCode: 2 } });
  });

  it('names what to do when nobody is logged in, with exit code 3', () => {
    const run = quorate(['ledger', 'list']);
    expect([run.status, run.stderr]).toEqual([3, expect.stringContaining('quorate login')]);
  });

  it('never shows a kept API key to another platform', () => {
    const config = join(home, 'other');
    execFileSync('mkdir', ['-p', config]);
    writeFileSync(join(config, 'login.json'), JSON.stringify({ url: 'http://127.0.0.1:1', apiKey: 'qk_secret' }));
    const run = quorate(['ledger', 'list'], { QUORATE_CONFIG_HOME: config, QUORATE_URL: 'http://127.0.0.1:2' });
    expect([run.status, run.stderr]).toEqual([3, expect.stringContaining('not logged in to http://127.0.0.1:2')]);
    expect(run.stderr + run.stdout).not.toContain('qk_secret');
  });

  it('keeps keys in files that only their owner may read, and shows no private key', () => {
    const made = quorate(['key', 'create', '--label', 'test', '--output', 'json']);
    const { file, publicKey } = JSON.parse(made.stdout) as { file: string; publicKey: string };
    const modes = [file, join(file, '..'), join(home, 'config')].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o600, 0o700, 0o700]);
    const secret = (JSON.parse(readFileSync(file, 'utf8')) as { privateKey: string }).privateKey.split('\n')[1];
    const shown = [quorate(['key', 'list', '--output', 'json']), quorate(['key', 'export', publicKey])];
    for (const run of shown) expect([run.status, run.stdout.includes(secret)]).toEqual([0, false]);
    expect(readdirSync(join(file, '..')).filter((name) => name.endsWith('.draft'))).toEqual([]);
  });

  it('ends with 130 when interrupted while it waits for a password', async () => {
    const child = spawn(process.execPath, [program, 'login', '--email', 'a@b.c', '--password-stdin'], {
      env: { PATH: process.env.PATH, HOME: home },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
    child.stderr.once('data', () => child.kill('SIGINT'));
    expect(await ended).toBe(130);
  });

  it('refuses a payment file as a whole with every fault and its line', () => {
    const path = join(home, 'wrong.xml');
    writeFileSync(
      path,
      readFileSync(sample, 'utf8').replace('<NbOfTxs>6', '<NbOfTxs>5').replace('14938.05', '14938.06'),
    );
    const run = quorate(['payment', 'import', path, '--report', join(home, 'report.xml'), '--output', 'json']);
    expect(run.status).toBe(2);
    const { error } = JSON.parse(run.stderr) as { error: { errors: { isoCode: string; line: number }[] } };
    expect(error.errors.map(({ isoCode, line }) => [isoCode, line])).toEqual([
      ['AM16', 9],
      ['AM19', 8],
    ]);
    expect(readFileSync(join(home, 'report.xml'), 'utf8')).toContain('<GrpSts>RJCT</GrpSts>');
  });
});

describe('receipt verify', () => {
  const { anchor, receipts } = provenLedger();
  const receipt = receipts[4];

  function verify(value: unknown, ...more: string[]): SpawnSyncReturns<string> {
    const path = join(home, 'receipt.json');
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return quorate(['receipt', 'verify', path, '--output', 'json', ...more]);
  }

  it('proves a receipt without any platform', () => {
    const run = verify(receipt, '--genesis', anchor);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ verified: true, result: 'applied', genesisId: anchor });
  });

  it('proves a compact one as well', () => {
    const path = join(home, 'receipt.bin');
    writeFileSync(path, encodeReceipt(receipt));
    const run = quorate(['receipt', 'verify', path, '--genesis', anchor, '--output', 'json']);
    expect([run.status, run.stdout]).toEqual([0, expect.stringContaining('"verified": true')]);
  });

  it('tells which anchor to compare when none is kept', () => {
    const run = verify(receipt);
    expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('compare genesisId')]);
  });

  const flipped = (text: string): string => (Number.parseInt(text[0], 16) ^ 1).toString(16) + text.slice(1);
  const record = receipt.record;
  it.each<[string, Partial<Record<keyof Receipt, unknown>>]>([
    ['version', { version: 1 }],
    ['genesis', { genesis: `${receipt.genesis.slice(0, -1)}${flipped(receipt.genesis.slice(-1))}` }],
    ['record.height', { record: { ...record, height: record.height + 1 } }],
    ['record.index', { record: { ...record, index: record.index + 1 } }],
    ['record.timestampNs', { record: { ...record, timestampNs: `${BigInt(record.timestampNs) + 1n}` } }],
    ['record.code', { record: { ...record, code: 116 } }],
    ['record.envelopeHash', { record: { ...record, envelopeHash: flipped(String(record.envelopeHash)) } }],
    ['record.party', { record: { ...record, party: flipped(String(record.party)) } }],
    [
      'record.operation',
      { record: { ...record, operation: `${record.operation.slice(0, -1)}${flipped(record.operation.slice(-1))}` } },
    ],
    ['resultCount', { resultCount: 900 }],
    ['record.amount', { record: { ...record, amount: `${BigInt(record.amount) + 1n}` } }],
    ['debit', { debit: Object.assign({}, receipt.debit, { debitsPosted: '1' }) }],
    ['resultsPath', { resultsPath: receipt.resultsPath.map(flipped) }],
    ['blockId', { blockId: flipped(receipt.blockId) }],
    ['historyPath', { historyPath: receipt.historyPath.map(flipped) }],
    ['header', { header: `${receipt.header.slice(0, -1)}${flipped(receipt.header.slice(-1))}` }],
    ['certificate', { certificate: `${receipt.certificate.slice(0, -1)}${flipped(receipt.certificate.slice(-1))}` }],
  ])('refuses a changed %s with exit code 8', (_field, change) => {
    const run = verify({ ...receipt, ...change }, '--genesis', anchor);
    expect([run.status, run.stdout]).toEqual([8, '']);
  });

  it.each<[string, unknown, string]>([
    ['another ledger', receipt, 'ab'.repeat(32)],
    ['no JSON', '{', anchor],
    ['an empty object', {}, anchor],
  ])('refuses %s with exit code 8', (_name, value, genesis) => {
    expect(verify(value, '--genesis', genesis).status).toBe(8);
  });
});

describe('statement verify', () => {
  const { anchor, statement } = provenLedger();
  const whole = statement(200n);

  function verify(value: unknown): SpawnSyncReturns<string> {
    const path = join(home, 'statement.json');
    writeFileSync(path, JSON.stringify(value));
    return quorate(['statement', 'verify', path, '--genesis', anchor, '--output', 'json']);
  }

  it('proves a statement without any platform', () => {
    const run = verify([whole]);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ verified: true, completeFrom: 0, completeThrough: 3 });
  });

  it('refuses one with a missing line with exit code 8', () => {
    const run = verify({ ...whole, lines: whole.lines.toSpliced(2, 1) });
    expect([run.status, run.stdout]).toEqual([8, '']);
    expect(run.stderr).toContain('STATEMENT_LINE_MISSING');
  });
});

describe('explainFailure', () => {
  const problem = (status: number, code = 'SOME_CODE'): ProblemError =>
    new ProblemError({ type: 'about:blank', title: '', status, code, detail: 'words', requestId: 'r-1' });

  it.each([
    [400, 2],
    [401, 3],
    [403, 3],
    [404, 4],
    [409, 5],
    [422, 5],
    [429, 6],
    [503, 6],
    [500, 1],
  ])('gives a refusal with status %d the exit code %d and its request id', (status, exitCode) => {
    const failure = explainFailure(problem(status));
    expect([exitNumber(failure.exit), failure.requestId]).toEqual([exitCode, 'r-1']);
  });

  it('keeps a failure of its own and explains silence', () => {
    const own = new CliFailure('timeout', 'X', 'y');
    expect(explainFailure(own)).toBe(own);
    expect(explainFailure(new NetworkError('http://x', new Error('refused'))).hint).toContain('QUORATE_URL');
  });
});

describe('the reference page', () => {
  it('is the one in the documentation', () => {
    const page = join(root, 'docs/reference/cli.md');
    expect(existsSync(page) && readFileSync(page, 'utf8')).toBe(referencePage());
  });
});
