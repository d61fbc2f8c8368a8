import { unhex } from '@quorate/crypto';
import { LIMITS, formatId } from '@quorate/protocol';
import { randomId, type PartyView } from '@quorate/sdk';
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
import { createKey } from '../keys';
import { demandApplied, idArgument, signingParty, submitOperations } from '../submit';

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const signer = await signingParty(context, ledger, input);
  const named = input.optionalText('id');
  const id = named === undefined ? randomId() : idArgument(named, '--id');
  const given = input.optionalText('public-key')?.split(',');
  if (given?.some((key) => !/^[0-9a-f]{64}$/.test(key)) === true) {
    throw new CliFailure(
      'usage',
      'USAGE',
      '--public-key must be an Ed25519 public key of 64 lowercase hexadecimal digits, or several with commas',
    );
  }
  const threshold = input.count('threshold', 1, given?.length ?? 1) ?? given?.length ?? 1;
  const name = input.text('name');
  const nameBytes = new TextEncoder().encode(name).length;
  if (nameBytes === 0 || nameBytes > LIMITS.partyNameBytesMax) {
    throw new CliFailure('usage', 'USAGE', `--name must have 1 to ${LIMITS.partyNameBytesMax} bytes`);
  }
  const publicKeys = given ?? [createKey(context.settings, `party ${name} on ledger ${ledger.id}`).publicKey];
  if (given === undefined) {
    const partyKeys = { ...ledger.profile.partyKeys, [formatId(id)]: publicKeys[0] };
    context.settings.saveLedger({ ...ledger.profile, partyKeys });
  }
  const keys = publicKeys.map((key) => ({ scheme: 'ed25519' as const, bytes: unhex(key) }));
  const party = { id, name, threshold, keys };
  const result = await submitOperations(context, ledger, signer, [{ kind: 'create_party', party }]);
  const outcome = demandApplied(result);
  context.terminal.record({
    id: formatId(id),
    name,
    publicKey: publicKeys.join(','),
    threshold,
    result: outcome,
    height: result.height,
    index: result.firstIndex,
  });
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const rows = await ledger.gateway.parties(ledger.id, { limit: PAGE_ROWS_MAX }).take(input.rows(100));
  context.terminal.rows<PartyView>(rows, [
    ['ID', (party) => party.id],
    ['NAME', (party) => party.name],
    ['THRESHOLD', (party) => party.threshold, 'right'],
    ['KEYS', (party) => party.keys.length, 'right'],
  ]);
}

export const partyCommands: readonly CommandSpec[] = [
  {
    words: ['party', 'create'],
    summary: 'Record a legal entity on a ledger.',
    options: [
      { flags: '--name <name>', description: 'its name', required: true },
      {
        flags: '--public-key <hex>',
        description: 'its Ed25519 public key, or several with commas; else a key is made and kept here',
      },
      { flags: '--threshold <count>', description: 'how many of its keys must sign; else all' },
      { flags: '--id <id>', description: 'its id; else a random one' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    run: create,
  },
  {
    words: ['party', 'list'],
    summary: 'List the parties of a ledger.',
    options: [limitOption(100), LEDGER_OPTION],
    run: list,
  },
];
