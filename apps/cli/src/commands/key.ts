import { writeFileSync } from 'node:fs';
import { unhex } from '@quorate/crypto';
import type { CommandInput, CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { createKey, readKey } from '../keys';

// RFC 8410: SubjectPublicKeyInfo of an Ed25519 key is this prefix and the 32 bytes of the key.
const SPKI_PREFIX = unhex('302a300506032b6570032100');

async function list(context: CommandContext): Promise<void> {
  const keys = context.settings.keyNames().map((name) => readKey(context.settings.keyPath(name)));
  const shown = keys.map(({ publicKey, scheme, label, createdAt }) => ({ publicKey, scheme, label, createdAt }));
  context.terminal.rows(shown, [
    ['PUBLIC KEY', (key) => (context.terminal.format === 'table' ? `${key.publicKey.slice(0, 16)}…` : key.publicKey)],
    ['SCHEME', (key) => key.scheme],
    ['FOR', (key) => key.label],
    ['CREATED', (key) => key.createdAt],
  ]);
}

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const key = createKey(context.settings, input.optionalText('label') ?? '');
  context.terminal.record({
    publicKey: key.publicKey,
    scheme: key.scheme,
    file: context.settings.keyPath(key.publicKey),
  });
}

async function exportPublic(context: CommandContext, input: CommandInput): Promise<void> {
  const start = input.argument(0);
  const names = context.settings.keyNames().filter((name) => name.startsWith(start));
  if (names.length !== 1) {
    const detail = `${names.length === 0 ? 'no key' : `${names.length} keys`} kept here begin with "${start}"`;
    throw new CliFailure('notFound', 'KEY_UNKNOWN', detail, { hint: 'See `quorate key list`.' });
  }
  const spki = Buffer.concat([SPKI_PREFIX, unhex(names[0])]).toString('base64');
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`;
  const file = input.optionalText('file');
  if (file !== undefined) writeFileSync(file, pem);
  context.terminal.record({ publicKey: names[0], scheme: 'ed25519', ...(file === undefined ? { pem } : { file }) });
}

export const keyCommands: readonly CommandSpec[] = [
  {
    words: ['key', 'create'],
    summary: 'Make an Ed25519 key and keep it on this machine.',
    options: [{ flags: '--label <text>', description: 'what the key is for' }],
    run: create,
  },
  { words: ['key', 'list'], summary: 'List the keys kept on this machine. Private keys are never shown.', run: list },
  {
    words: ['key', 'export'],
    summary: 'Write the public half of a key.',
    arguments: [{ name: 'public-key', description: 'the public key, or how it begins' }],
    options: [{ flags: '--file <file>', description: 'write it there in PEM' }],
    run: exportPublic,
  },
];
