import { unhex } from '@quorate/crypto';
import { PARTY_ROLES, formatId, type Operation, type PartyKeyDraft } from '@quorate/protocol';
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

const NS_PER_MS = 1_000_000n;
const PUBLIC_KEY = /^[0-9a-f]{64}$/;

/** Puts a new key in the place of the signing one, which stays valid for a while behind the others. */
async function rotateKey(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const signer = await signingParty(context, ledger, input);
  const given = input.optionalText('public-key');
  if (given !== undefined && !PUBLIC_KEY.test(given)) {
    throw new CliFailure(
      'usage',
      'USAGE',
      '--public-key must be an Ed25519 public key of 64 lowercase hexadecimal digits',
    );
  }
  const overlapMs = input.duration('overlap');
  const { keys, threshold } = await ledger.gateway.party(ledger.id, signer.party);
  const publicKey =
    given ?? createKey(context.settings, `party ${formatId(signer.party)} on ledger ${ledger.id}`).publicKey;
  const kept = keys.map((key): PartyKeyDraft => ({
    scheme: key.scheme,
    bytes: unhex(key.publicKey),
    validFromNs: BigInt(key.validFromNs ?? 0),
    validUntilNs: BigInt(key.validUntilNs ?? 0),
  }));
  const added: PartyKeyDraft = { scheme: 'ed25519', bytes: unhex(publicKey), validFromNs: 0n, validUntilNs: 0n };
  const endNs = BigInt(Date.now() + (overlapMs ?? 0)) * NS_PER_MS;
  const next =
    overlapMs === undefined
      ? kept.map((key, index) => (index === signer.keyIndex ? added : key))
      : [...kept.map((key, index) => (index === signer.keyIndex ? { ...key, validUntilNs: endNs } : key)), added];
  const change = { party: signer.party, threshold, keys: next };
  const result = await submitOperations(context, ledger, signer, [{ kind: 'change_party', change }]);
  const outcome = demandApplied(result);
  if (given === undefined) {
    const partyKeys = { ...ledger.profile.partyKeys, [formatId(signer.party)]: publicKey };
    context.settings.saveLedger({ ...ledger.profile, partyKeys });
  }
  context.terminal.record({
    party: formatId(signer.party),
    publicKey,
    replaces: signer.key.publicKey,
    result: outcome,
    height: result.height,
    index: result.firstIndex,
  });
}

async function roles(context: CommandContext, input: CommandInput): Promise<void> {
  const named = input.text('roles').split(',');
  const bits = named.map((role) =>
    Object.hasOwn(PARTY_ROLES, role) ? PARTY_ROLES[role as keyof typeof PARTY_ROLES] : 0,
  );
  if (bits.some((bit) => bit === 0)) {
    throw new CliFailure(
      'usage',
      'USAGE',
      `--roles must be some of ${Object.keys(PARTY_ROLES).join(', ')}, with commas`,
    );
  }
  const party = idArgument(input.argument(0), 'the party');
  const change = { party, roles: bits.reduce((set: number, bit) => set | bit, 0) };
  await apply(context, input, { kind: 'set_party_roles', change }, { party: formatId(party), roles: named.join(',') });
}

/** Freezes an account or a party, or lifts that. */
const setFrozen =
  (target: 'account' | 'party', frozen: boolean) =>
  async (context: CommandContext, input: CommandInput): Promise<void> => {
    const id = idArgument(input.argument(0), `the ${target}`);
    const change = { target, id, frozen, reason: input.text('reason') };
    await apply(context, input, { kind: 'set_frozen', change }, { target, id: formatId(id), frozen });
  };

async function listFreezes(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const standing = !input.flag('all');
  const rows = await ledger.gateway.freezes(ledger.id, { limit: PAGE_ROWS_MAX, standing }).take(input.rows(100));
  context.terminal.rows(rows, [
    ['TARGET', (freeze) => freeze.target],
    ['ID', (freeze) => freeze.id],
    ['REASON', (freeze) => freeze.frozen.reason],
    ['LIFTED FOR', (freeze) => freeze.lifted?.reason ?? ''],
  ]);
}

/** Signs and submits one operation and shows what became of it. */
export async function apply(
  context: CommandContext,
  input: CommandInput,
  operation: Operation,
  shown: Record<string, unknown>,
): Promise<void> {
  const ledger = await context.openLedger(input.optionalText('ledger'));
  const signer = await signingParty(context, ledger, input);
  const result = await submitOperations(context, ledger, signer, [operation]);
  const outcome = demandApplied(result);
  context.terminal.record({ ...shown, result: outcome, height: result.height, index: result.firstIndex });
}

const REASON = { flags: '--reason <text>', description: 'why; stays on record', required: true };
const freezeCommand = (target: 'account' | 'party', frozen: boolean): CommandSpec => ({
  words: [target, frozen ? 'freeze' : 'unfreeze'],
  summary: frozen
    ? `Freeze ${target === 'account' ? 'an account: nothing is debited from it' : 'a party: it signs nothing, nothing is debited from it'}.`
    : `Lift the freeze of ${target === 'account' ? 'an account' : 'a party'}.`,
  arguments: [{ name: target, description: `id of the ${target}` }],
  options: [REASON, LEDGER_OPTION, ...SIGNING_OPTIONS],
  run: setFrozen(target, frozen),
});

export const partyAuthorityCommands: readonly CommandSpec[] = [
  {
    words: ['party', 'rotate-key'],
    summary: 'Put a new key in the place of the one that signs; with --overlap the old one counts for a while yet.',
    options: [
      { flags: '--public-key <hex>', description: 'the new Ed25519 public key; else one is made and kept here' },
      {
        flags: '--overlap <duration>',
        description: 'how long the old key still counts, such as 1h; else it ends at once',
      },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate party rotate-key --overlap 1h',
    run: rotateKey,
  },
  {
    words: ['party', 'roles'],
    summary: 'Set the roles of a party.',
    arguments: [{ name: 'party', description: 'id of the party' }],
    options: [
      {
        flags: '--roles <roles>',
        description: 'some of operator, issuer, participant, auditor, with commas',
        required: true,
      },
      LEDGER_OPTION,
      ...SIGNING_OPTIONS,
    ],
    example: 'quorate party roles 2 --roles participant,issuer',
    run: roles,
  },
  freezeCommand('party', true),
  freezeCommand('party', false),
  freezeCommand('account', true),
  freezeCommand('account', false),
  {
    words: ['freeze', 'list'],
    summary: 'List what is frozen, and why.',
    options: [{ flags: '--all', description: 'also freezes that were lifted' }, limitOption(100), LEDGER_OPTION],
    run: listFreezes,
  },
];
