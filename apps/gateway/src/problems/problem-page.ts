import { RESULT_DEFINITIONS } from '@quorate/protocol';

import { PROBLEMS } from './problem-catalogue';

/** The reference page of the gateway's error codes and the ledger's result codes, written from the tables in the code. */
export function problemPage(): string {
  const problems = Object.entries(PROBLEMS)
    .sort(([leftCode, left], [rightCode, right]) => left.status - right.status || (leftCode < rightCode ? -1 : 1))
    .map(([code, { status, title, remedy }]) => [`\`${code}\``, String(status), title, remedy]);
  const results = Object.entries(RESULT_DEFINITIONS)
    .sort(([, left], [, right]) => left.number - right.number)
    .map(([name, { number, scopes, meaning }]) => [`\`${name}\``, String(number), scopes.join(', '), meaning]);
  return [
    ...introduction,
    ...table(['code', 'status', 'what it is', 'what to do'], problems),
    ...between,
    ...table(['code', 'number', 'answers', 'meaning'], results),
    '',
  ].join('\n');
}

const introduction = [
  '# Errors and result codes',
  '',
  '<!-- Written by `node apps/gateway/dist/openapi.js` from the tables in the code. Change those, not this page. -->',
  '',
  'A request that is refused is answered with `application/problem+json` (RFC 9457). Its `code` is stable; `detail` is for people.',
  'Every answer carries a `Request-Id` header, which a problem repeats as `requestId`.',
  '',
  'Three things are different:',
  '',
  '- A **problem** of the gateway: nothing came of the request, or (`LEDGER_UNAVAILABLE`) its outcome is unknown.',
  '- A refusal of a **whole envelope** (`ENVELOPE_…`, status 422): it is in no block because of this submission.',
  '- A **result code** of one operation, inside a 200 answer: the operation was executed, and its receipt proves the result, also when it was not applied.',
  '',
  "A 200 answer to a submission is the word of one replica. The proof is the operation's receipt, which is checked offline against the ledger's genesis id.",
  '',
  '## Problems of the gateway',
  '',
];

const between = [
  '',
  '## Result codes of the ledger',
  '',
  'Names and precedence follow the reference of TigerBeetle where it has the case.',
  '',
];

/** A table whose columns are as wide as their widest cell. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [titles, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const [head, ...body] = cells.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`,
  );
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body];
}
