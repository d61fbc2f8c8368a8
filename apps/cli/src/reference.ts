import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './command';
import { EXIT_CODES } from './exit-codes';
import { COMMANDS } from './program';

const PAGE = join(__dirname, '../../../docs/reference/cli.md');

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['QUORATE_URL', 'address of the platform; wins over the login kept here'],
  ['QUORATE_API_KEY', 'API key; wins over the login kept here'],
  ['QUORATE_GATEWAY_URL', 'address of the gateway; else what the platform names'],
  ['QUORATE_LEDGER', 'id or name of the ledger when `--ledger` is not given'],
  ['QUORATE_KEY_FILE', 'key file to sign with when `--key` is not given'],
  ['QUORATE_CONFIG_HOME', 'directory of logins, trust anchors and keys; else `~/.config/quorate`'],
];

/** Padded as the formatter of the project pads tables, so that it leaves the page alone. */
function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, index) => Math.max(3, heading.length, ...rows.map((row) => row[index].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function optionRow(option: OptionSpec): string[] {
  const choices = option.choices === undefined ? '' : ` One of: ${option.choices.join(', ')}.`;
  const fallback = option.fallback === undefined ? '' : ` Default: ${option.fallback}.`;
  const required = option.required === true ? ' **Required.**' : '';
  return [`\`${option.flags}\``, `${option.description}.${choices}${fallback}${required}`];
}

function section(spec: CommandSpec): string {
  const positional = (spec.arguments ?? []).map((argument) =>
    argument.optional ? ` [${argument.name}]` : ` <${argument.name}>`,
  );
  const lines = [`### \`quorate ${spec.words.join(' ')}${positional.join('')}\``, '', spec.summary, ''];
  for (const argument of spec.arguments ?? []) lines.push(`- \`${argument.name}\`: ${argument.description}`);
  if ((spec.arguments ?? []).length > 0) lines.push('');
  if ((spec.options ?? []).length > 0) {
    lines.push(...markdownTable(['option', 'meaning'], (spec.options ?? []).map(optionRow)), '');
  }
  if (spec.example !== undefined) lines.push('```sh', spec.example, '```', '');
  return lines.join('\n');
}

/** The reference page, made from the same tables that the program runs on. */
export function referencePage(): string {
  return [
    '# `quorate`, the command line',
    '',
    'Generated from the option tables of `apps/cli` by `node apps/cli/dist/reference.js`; do not edit by hand.',
    '',
    'Results go to standard output, progress and errors to standard error. Without a terminal nothing is ever asked.',
    'Institution keys are made on this machine, kept in files that only their owner may read, and never sent.',
    '',
    '## Every command',
    '',
    ...markdownTable(['option', 'meaning'], COMMON_OPTIONS.map(optionRow)),
    '',
    '## Exit codes',
    '',
    ...markdownTable(
      ['code', 'meaning'],
      EXIT_CODES.map(({ code, meaning }) => [String(code), meaning]),
    ),
    '',
    'With `--output json` an error is one line of JSON on standard error: `{"error":{"code","detail","hint","requestId","exitCode"}}`.',
    '',
    '## Environment',
    '',
    ...markdownTable(
      ['variable', 'meaning'],
      ENVIRONMENT.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '',
    '## Commands',
    '',
    COMMANDS.map(section).join('\n'),
  ].join('\n');
}

function run(check: boolean): void {
  const page = referencePage();
  const current = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  if (current === page) return;
  if (check) {
    process.stderr.write('docs/reference/cli.md is out of date: run `node apps/cli/dist/reference.js`\n');
    process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, page);
}

if (require.main === module) run(process.argv.includes('--check'));
