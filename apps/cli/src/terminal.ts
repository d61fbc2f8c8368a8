import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliFailure } from './exit-codes';

const STDIN_CHARACTERS_MAX = 4_096;
const CELL_CHARACTERS_MAX = 60;

/** One column of a table: its heading and how a row fills it. */
export type Column<T> = readonly [
  heading: string,
  cell: (row: T) => string | number | null | undefined,
  align?: 'right',
];

/** Where results, progress and questions go: data to stdout, everything else to stderr. */
export class Terminal {
  constructor(readonly format: 'table' | 'json') {}

  get interactive(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true;
  }

  progress(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  json(value: unknown): void {
    const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item), 2);
    process.stdout.write(`${text}\n`);
  }

  /** Rows as a table, or as JSON exactly as the interface gave them. */
  rows<T>(rows: readonly T[], columns: readonly Column<T>[]): void {
    if (this.format === 'json') this.json(rows);
    else process.stdout.write(table(rows, columns));
  }

  /** One thing: its fields one below the other, or as JSON. */
  record(fields: Readonly<Record<string, unknown>>): void {
    if (this.format === 'json') return this.json(fields);
    const width = Math.max(...Object.keys(fields).map((name) => name.length));
    const lines = Object.entries(fields).map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`);
    process.stdout.write(`${lines.join('\n')}\n`);
  }

  failure(failure: CliFailure, exitCode: number): void {
    const { code, message, hint, requestId, facts } = failure;
    if (this.format === 'json') {
      const body = { code, detail: message, hint: hint || undefined, requestId, exitCode, ...facts };
      process.stderr.write(`${JSON.stringify({ error: body })}\n`);
      return;
    }
    const request = requestId === undefined ? '' : ` [request ${requestId}]`;
    process.stderr.write(`quorate: ${code}: ${message}${hint === '' ? '' : ` - ${hint}`}${request}\n`);
  }

  /** A password from standard input, or asked for without echo when there is a person. */
  async password(fromStdin: boolean): Promise<string> {
    if (fromStdin) {
      this.progress('Reading the password from standard input.');
      return (await readStdin()).replace(/\r?\n$/, '');
    }
    if (this.interactive) return ask('Password: ', true);
    throw new CliFailure('usage', 'PASSWORD_MISSING', 'there is no terminal to ask for the password', {
      hint: 'Use --password-stdin.',
    });
  }

  /** A value from its option, or asked for when there is a person. */
  async answer(value: string | undefined, question: string, option: string): Promise<string> {
    if (value !== undefined && value !== '') return value;
    if (this.interactive) return ask(`${question}: `, false);
    throw new CliFailure('usage', 'USAGE', `${option} is missing`);
  }
}

async function readStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > STDIN_CHARACTERS_MAX)
      throw new CliFailure('usage', 'USAGE', 'standard input is too long for a password');
  }
  return text;
}

/** A hidden answer goes through an output that shows nothing, since the reader writes back each key. */
function ask(question: string, hidden: boolean): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: hidden ? silence : process.stderr, terminal: true });
  if (hidden) process.stderr.write(question);
  return new Promise((resolve, reject) => {
    reader.on('SIGINT', () => {
      reader.close();
      reject(new CliFailure('interrupted', 'INTERRUPTED', 'interrupted'));
    });
    reader.question(hidden ? '' : question, (text) => {
      reader.close();
      if (hidden) process.stderr.write('\n');
      resolve(text);
    });
  });
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** Text columns with headings; long cells are cut, JSON output has them whole. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cut(cellText(cell(row)))));
  const headings = columns.map(([heading]) => heading);
  const widths = headings.map((heading, index) => Math.max(heading.length, ...cells.map((row) => row[index].length)));
  const line = (values: readonly string[]): string =>
    values
      .map((value, index) =>
        columns[index][2] === 'right' ? value.padStart(widths[index]) : value.padEnd(widths[index]),
      )
      .join('  ')
      .trimEnd();
  return `${[headings, ...cells].map(line).join('\n')}\n`;
}

function cut(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, ' ');
  return clean.length > CELL_CHARACTERS_MAX ? `${clean.slice(0, CELL_CHARACTERS_MAX - 1)}…` : clean;
}
