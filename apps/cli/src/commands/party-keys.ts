import { unhex } from '@quorate/crypto';
import { formatId, type PartyKeyDraft } from '@quorate/protocol';
import type { PartyView } from '@quorate/sdk';
import { LEDGER_OPTION, SIGNING_OPTIONS, type CommandInput, type CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { idArgument } from '../submit';
import { apply } from './party-authority';

const KEYS_MAX = 8;
/** An Ed25519 key, or a compressed point of P-256. */
const SCHEME_OF_DIGITS: Readonly<Record<number, PartyKeyDraft['scheme']>> = { 64: 'ed25519', 66: 'p256' };

function namedKeys(input: CommandInput, option: string): string[] {
  const given = input.optionalText(option)?.split(',') ?? [];
  const wrong = given.find((key) => !/^[0-9a-f]+$/.test(key) || SCHEME_OF_DIGITS[key.length] === undefined);
  if (wrong === undefined) return given;
  throw new CliFailure(
    'usage',
    'USAGE',
    `--${option} must be public keys of 64 (Ed25519) or 66 (P-256) lowercase hexadecimal digits, with commas, not "${wrong}"`,
  );
}

function presentKeys({ keys }: PartyView): PartyKeyDraft[] {
  return keys.map(({ scheme, publicKey, validFromNs, validUntilNs }) => ({
    scheme,
    bytes: unhex(publicKey),
    validFromNs: BigInt(validFromNs ?? 0),
    validUntilNs: BigInt(validUntilNs ?? 0),
  }));
}

/** Changes which keys a party has, and how many of them must sign. */
async function changeKeys(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const id = idArgument(input.argument(0), 'the party');
  const party = await ledger.gateway.party(ledger.id, id);
  const [added, removed] = [namedKeys(input, 'add'), namedKeys(input, 'remove')];
  const unknown = removed.find((key) => party.keys.every(({ publicKey }) => publicKey !== key));
  if (unknown !== undefined)
    throw new CliFailure('usage', 'KEY_NOT_OF_PARTY', `the key ${unknown} is not one of party ${formatId(id)}`);
  const keys = [
    ...presentKeys(party).filter((_, index) => !removed.includes(party.keys[index].publicKey)),
    ...added.map((key) => ({
      scheme: SCHEME_OF_DIGITS[key.length],
      bytes: unhex(key),
      validFromNs: 0n,
      validUntilNs: 0n,
    })),
  ];
  const threshold = input.count('threshold', 1, KEYS_MAX) ?? party.threshold;
  const shown = { party: formatId(id), keys: keys.length, threshold };
  await apply(context, input, { kind: 'change_party', change: { party: id, threshold, keys } }, shown);
}

export const partyKeysCommands: readonly CommandSpec[] = [
  {
    words: ['party', 'change-keys'],
    summary: 'Add and remove keys of a party and set how many must sign: itself, or an operator while it is frozen.',
    arguments: [{ name: 'party', description: 'id of the party' }],
    options: [
      { flags: '--add <keys>', description: 'public keys that are put on the list, with commas' },
      { flags: '--remove <keys>', description: 'public keys that sign nothing from now on, with commas' },
      { flags: '--threshold <count>', description: 'how many of its keys must sign; else as many as now' },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate party change-keys 2 --remove 5d1f… --as 2 --key cfo.json,treasurer.json',
    run: changeKeys,
  },
];
