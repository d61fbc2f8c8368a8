import type { ForkPoint, Ledger, LedgerClass } from '@quorate/sdk';
import type { CommandInput, CommandSpec, OptionSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { createKey, readKey, type KeyFile } from '../keys';
import { WAIT_MS_DEFAULT, showLedger, waitUntilReady } from './ledger';

/** A fork is for trying things out: its operator's key is a new one. A restore goes on: it keeps the key that this machine has. */
type Purpose = 'fork' | 'restore';

/** A height, or a time. */
function pointOf(text: string | undefined): ForkPoint | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return { height: Number(text) };
  if (/^[0-9]{16,19}$/.test(text)) return { timeNs: text };
  if (Number.isNaN(Date.parse(text)))
    throw new CliFailure('usage', 'USAGE', `--at takes a height or a time such as 2026-11-22T09:30:00Z, not ${text}`);
  // A time without an offset would mean another one on each machine.
  if (!/(Z|[+-][0-9]{2}:[0-9]{2})$/.test(text))
    throw new CliFailure('usage', 'USAGE', '--at takes a time with its offset, such as 2026-11-22T09:30:00Z');
  return { time: text };
}

function operatorKey(context: CommandContext, input: CommandInput, parent: Ledger, purpose: Purpose): KeyFile {
  const { settings } = context;
  const file = input.optionalText('operator-key');
  if (file !== undefined) {
    const key = readKey(file);
    settings.saveKey(key.publicKey, key);
    return key;
  }
  const known = settings.ledger(parent.id)?.operatorKey ?? null;
  if (purpose === 'restore' && known !== null && settings.keyNames().includes(known))
    return readKey(settings.keyPath(known));
  return createKey(settings, `operator of a ${purpose} of ledger ${parent.name}`);
}

async function makeFrom(
  context: CommandContext,
  input: CommandInput,
  purpose: Purpose,
  parentName: string,
): Promise<void> {
  const at = pointOf(input.optionalText('at'));
  const controlPlane = context.controlPlane();
  const parent = await controlPlane.ledger(await context.ledgerId(parentName));
  const ledgerClass = (input.optionalText('class') ?? (purpose === 'fork' ? 'sandbox' : parent.class)) as LedgerClass;
  const ttlMs = input.duration('ttl');
  if (ttlMs !== undefined && ledgerClass !== 'sandbox')
    throw new CliFailure('usage', 'USAGE', '--ttl is for sandbox ledgers only');
  const key = operatorKey(context, input, parent, purpose);
  const name = input.optionalText('name') ?? `${parent.name} (${purpose})`;
  const operator = input.optionalText('operator') ?? context.settings.login()?.institution ?? name;
  const created = await controlPlane.createLedger(
    {
      name,
      class: ledgerClass,
      region: parent.region,
      operator: { name: operator, keys: [{ scheme: 'ed25519', publicKey: key.publicKey }] },
      from: { ledgerId: parent.id, ...(at === undefined ? {} : { at }) },
      ...(ttlMs === undefined ? {} : { ttlSeconds: Math.round(ttlMs / 1_000) }),
    },
    { signal: context.signal },
  );
  context.settings.saveLedger({
    ledgerId: created.id,
    name,
    url: context.url(),
    genesisId: null,
    // The parent's parties are here with their keys; the operator's is another one.
    partyKeys: partyKeysOf(context, parent.id),
    operatorKey: key.publicKey,
  });
  context.settings.chooseLedger(created.id);
  context.terminal.progress(
    `Ledger ${created.id} begins with the state of ${parent.id}; its operator key is in ${context.settings.keyPath(key.publicKey)}`,
  );
  if (!input.flag('wait')) return showLedger(context, created);
  await waitUntilReady(context, created.id, input.duration('timeout') ?? WAIT_MS_DEFAULT);
}

function partyKeysOf(context: CommandContext, ledgerId: string): Readonly<Record<string, string>> {
  const profile = context.settings.ledger(ledgerId);
  return Object.fromEntries(
    Object.entries(profile?.partyKeys ?? {}).filter(([, publicKey]) => publicKey !== profile?.operatorKey),
  );
}

const options = (purpose: Purpose): readonly OptionSpec[] => [
  { flags: '--at <point>', description: 'height, or time (the last block at or before it); else the newest block' },
  { flags: '--name <name>', description: `name of the new ledger; else that of its parent with “(${purpose})”` },
  {
    flags: '--class <class>',
    description:
      purpose === 'fork' ? 'class of the new ledger (sandbox)' : 'class of the new ledger; else its parent’s',
    choices: ['sandbox', 'standard', 'premium'],
  },
  { flags: '--ttl <duration>', description: 'life of a sandbox, such as 30m' },
  { flags: '--operator <name>', description: 'name of the operator on the new ledger; else the institution' },
  {
    flags: '--operator-key <file>',
    description:
      purpose === 'fork'
        ? 'use this key file instead of a new key'
        : 'use this key file; else the parent’s operator key if it is kept here, else a new one',
  },
  { flags: '--wait', description: 'wait until the ledger is ready, and show what was verified' },
  { flags: '--timeout <duration>', description: 'how long to wait (2m)' },
];

export const forkCommands: readonly CommandSpec[] = [
  {
    words: ['ledger', 'fork'],
    summary: 'Make a new ledger that begins with the state of another one. Both go on independently.',
    options: [
      { flags: '--from <ledger>', description: 'id or name of the ledger to begin from', required: true },
      ...options('fork'),
    ],
    example: 'quorate ledger fork --from main --ttl 30m --wait --output json',
    run: (context, input) => makeFrom(context, input, 'fork', input.text('from')),
  },
  {
    words: ['ledger', 'restore'],
    summary: 'Bring the books of a ledger back as they were at a point, as a new ledger that goes on from there.',
    arguments: [{ name: 'ledger', description: 'id or name' }],
    options: options('restore'),
    example: 'quorate ledger restore main --at 2026-11-22T09:30:00Z --wait',
    run: (context, input) => makeFrom(context, input, 'restore', input.argument(0)),
  },
];
