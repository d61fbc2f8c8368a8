import { setTimeout as sleep } from 'node:timers/promises';
import { createControlPlaneClient, type ControlPlaneClient, type FleetLedger } from '@quorate/sdk';
import type { CommandInput, CommandSpec, OptionSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';

const INDEX_MAX = 30;
const POLL_MS = 250;
const WAIT_MS_DEFAULT = 120_000;

/** Administrators stand outside every tenant and have no API keys: each command logs in and out again. */
const loginOptions: readonly OptionSpec[] = [
  { flags: '--email <email>', description: 'e-mail address of the administrator' },
  { flags: '--password-stdin', description: 'read the password from standard input' },
];

async function asAdministrator(
  context: CommandContext,
  input: CommandInput,
  work: (controlPlane: ControlPlaneClient) => Promise<void>,
): Promise<void> {
  const url = context.url();
  const email = await context.terminal.answer(input.optionalText('email'), 'E-mail', '--email');
  const password = await context.terminal.password(input.flag('password-stdin'));
  const { cookie } = await createControlPlaneClient({ url }).loginForCookie({ email, password });
  const controlPlane = createControlPlaneClient({ url, cookie });
  try {
    await work(controlPlane);
  } finally {
    await controlPlane
      .logout()
      .catch(() => context.terminal.progress('The session could not be closed; it will expire.'));
  }
}

async function fleetLedger(controlPlane: ControlPlaneClient, named: string): Promise<FleetLedger> {
  const { data } = await controlPlane.fleetLedgers();
  const alike = data.filter(({ id, name, state }) => id === named || (name === named && state !== 'retired'));
  if (alike.length === 1) return alike[0];
  const detail = alike.length === 0 ? `there is no ledger "${named}"` : `${alike.length} ledgers are named "${named}"`;
  throw new CliFailure('notFound', 'LEDGER_UNKNOWN', detail, { hint: 'Name it by id; see `quorate fleet ledgers`.' });
}

function health({ evidence, members }: FleetLedger): string {
  const full = members.filter(({ journalSpace }) => journalSpace === 'short' || journalSpace === 'none').length;
  const damaged = members.reduce((sum, { journalDamage }) => sum + (journalDamage ?? 0), 0);
  const faults = [
    ...evidence.map(({ replica, epoch, contradiction }) => `replica ${replica} of epoch ${epoch}: ${contradiction}`),
    ...(full > 0 ? [`${full} disks full`] : []),
    ...(damaged > 0 ? [`${damaged} damages mended`] : []),
  ];
  return faults.length === 0 ? 'well' : faults.join('; ');
}

async function rotateKey(context: CommandContext, input: CommandInput): Promise<void> {
  const index = Number(input.argument(1));
  if (!/^\d{1,2}$/.test(input.argument(1)) || index > INDEX_MAX)
    throw new CliFailure('usage', 'USAGE', `the replica must be its index, not "${input.argument(1)}"`);
  await asAdministrator(context, input, async (controlPlane) => {
    const before = await fleetLedger(controlPlane, input.argument(0));
    const asked = await controlPlane.rotateReplicaKey(before.id, index, { signal: context.signal });
    if (!input.flag('wait')) return context.terminal.record({ ledger: asked.id, replica: index, epoch: asked.epoch });
    const deadlineMs = performance.now() + (input.duration('timeout') ?? WAIT_MS_DEFAULT);
    for (;;) {
      const now = await fleetLedger(controlPlane, before.id);
      if (now.epoch > before.epoch && !now.members.some(({ keyRotating }) => keyRotating))
        return context.terminal.record({ ledger: now.id, replica: index, epoch: now.epoch });
      if (performance.now() > deadlineMs)
        throw new CliFailure('failure', 'TIMEOUT', 'the new key is not in force yet', {
          hint: 'See `quorate fleet ledgers`.',
        });
      await sleep(POLL_MS, undefined, { signal: context.signal });
    }
  });
}

export const fleetCommands: readonly CommandSpec[] = [
  {
    words: ['fleet', 'ledgers'],
    summary: 'List all ledgers with their archives and what is wrong with their replicas; for administrators.',
    options: loginOptions,
    run: (context, input) =>
      asAdministrator(context, input, async (controlPlane) => {
        const { data } = await controlPlane.fleetLedgers();
        context.terminal.rows(data, [
          ['ID', ({ id }) => id],
          ['NAME', ({ name }) => name],
          ['TENANT', ({ tenantName }) => tenantName],
          ['STATE', ({ state }) => state],
          ['REPLICAS', ({ replicas }) => replicas, 'right'],
          ['EPOCH', ({ epoch }) => epoch, 'right'],
          ['LAG BLOCKS', ({ backup }) => backup?.lagBlocks ?? '', 'right'],
          ['LAG S', ({ backup }) => backup?.lagSeconds ?? '', 'right'],
          ['HEALTH', health],
        ]);
      }),
  },
  {
    words: ['fleet', 'rotate-key'],
    summary: 'Give a replica another consensus key; transfers go on meanwhile. For administrators.',
    arguments: [
      { name: 'ledger', description: 'id or name' },
      { name: 'replica', description: 'index of the replica' },
    ],
    options: [
      ...loginOptions,
      { flags: '--wait', description: 'wait until the new key is in force' },
      { flags: '--timeout <duration>', description: 'how long to wait (2m)' },
    ],
    example: 'quorate fleet rotate-key main 2 --email admin@bank.example --wait',
    run: rotateKey,
  },
  {
    words: ['fleet', 'drill'],
    summary: 'Draw an archived ledger at random and hold a recovery drill with it now; for administrators.',
    options: loginOptions,
    run: (context, input) =>
      asAdministrator(context, input, async (controlPlane) => {
        const { id, ledgerName, state } = await controlPlane.drawDrill({ signal: context.signal });
        context.terminal.record({ id, ledger: ledgerName, state });
      }),
  },
];
