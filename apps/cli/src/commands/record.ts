import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hex, unhex } from '@quorate/crypto';
import { LIMITS, formatId } from '@quorate/protocol';
import { randomId } from '@quorate/sdk';
import {
  LEDGER_OPTION,
  PAGE_ROWS_MAX,
  SIGNING_OPTIONS,
  limitOption,
  type CommandInput,
  type CommandSpec,
} from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { idArgument } from '../submit';
import { apply } from './party-authority';

const KIND_MAX = 65_535;

/** SHA-256 of a file, or the hash as given. */
function hashOf(input: CommandInput): Uint8Array {
  const given = input.optionalText('hash');
  const file = input.optionalText('file');
  if (given !== undefined && file === undefined && /^[0-9a-f]{64}$/.test(given)) return unhex(given);
  if (given !== undefined || file === undefined) {
    throw new CliFailure('usage', 'USAGE', 'give --file, or --hash with 64 lowercase hexadecimal digits');
  }
  try {
    return Uint8Array.from(createHash('sha256').update(readFileSync(file)).digest());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliFailure('usage', 'FILE_UNREADABLE', `${file} cannot be read: ${why}`);
  }
}

async function put(context: CommandContext, input: CommandInput): Promise<void> {
  const named = input.optionalText('id');
  const reference = input.optionalText('reference') ?? '';
  if (new TextEncoder().encode(reference).length > LIMITS.referenceBytesMax) {
    throw new CliFailure('usage', 'USAGE', `--reference has at most ${LIMITS.referenceBytesMax} bytes`);
  }
  const record = {
    id: named === undefined ? randomId() : idArgument(named, '--id'),
    kind: input.count('kind', 1, KIND_MAX) ?? 1,
    subject: idArgument(input.text('subject'), '--subject'),
    hash: hashOf(input),
    reference,
  };
  const shown = { id: formatId(record.id), subject: formatId(record.subject), hash: hex(record.hash) };
  await apply(context, input, { kind: 'put_record', record }, shown);
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const named = input.optionalText('subject');
  const subject = named === undefined ? undefined : idArgument(named, '--subject');
  const rows = await ledger.gateway.records(ledger.id, { subject, limit: PAGE_ROWS_MAX }).take(input.rows(100));
  context.terminal.rows(rows, [
    ['ID', (record) => record.id],
    ['KIND', (record) => record.kind, 'right'],
    ['SUBJECT', (record) => record.subject],
    ['HASH', (record) => record.hash],
    ['REFERENCE', (record) => record.reference],
  ]);
}

export const recordCommands: readonly CommandSpec[] = [
  {
    words: ['record', 'put'],
    summary: 'Anchor a document on a ledger: its hash, what it is about, where to find it.',
    options: [
      { flags: '--subject <id>', description: 'what it is about: any id', required: true },
      { flags: '--file <file>', description: 'the document; only its SHA-256 is sent' },
      { flags: '--hash <hex>', description: 'its hash, instead of the document' },
      { flags: '--kind <number>', description: 'what kind of record, 1 to 65535 (1)' },
      { flags: '--reference <text>', description: 'where to find it' },
      { flags: '--id <id>', description: 'its id; else a random one' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate record put --subject 2a --file contract.pdf --reference archive/12',
    run: put,
  },
  {
    words: ['record', 'list'],
    summary: 'List records, all or about one subject.',
    options: [{ flags: '--subject <id>', description: 'only those about it' }, limitOption(100), LEDGER_OPTION],
    run: list,
  },
];
