import { setTimeout as sleep } from 'node:timers/promises';
import { hex } from '@quorate/crypto';
import type { Ledger, LedgerClass, LedgerStep, WaitForLedgerOptions } from '@quorate/sdk';
import type { CommandInput, CommandSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import { createKey, readKey } from '../keys';
import type { Column } from '../terminal';

/** How long commands wait for a ledger unless told otherwise. */
export const WAIT_MS_DEFAULT = 120_000;
const LISTED_MAX = 1_000;
const POLL_MS = 250;

const ledgerColumns: readonly Column<Ledger>[] = [
  ['ID', (ledger) => ledger.id],
  ['NAME', (ledger) => ledger.name],
  ['CLASS', (ledger) => ledger.class],
  ['REGION', (ledger) => ledger.region],
  ['STATE', (ledger) => ledger.state],
  ['READY MS', (ledger) => ledger.provisioningMs, 'right'],
  ['REPLICAS', (ledger) => ledger.replicas.length, 'right'],
  ['EPOCH', (ledger) => ledger.epoch, 'right'],
  ['EXPIRES', (ledger) => ledger.expiresAt],
];

const stepColumns: readonly Column<LedgerStep>[] = [
  ['#', (step) => step.sequence, 'right'],
  ['STEP', (step) => step.step],
  ['STATE', (step) => step.state],
  ['REPLICA', (step) => step.replicaIndex, 'right'],
  ['WORKER', (step) => step.workerName],
  ['MS', (step) => step.elapsedMs, 'right'],
  ['CAUSE', (step) => (step.cause === null ? '' : `${step.cause.code}: ${step.cause.detail}`)],
];

/** Prints one ledger. */
export function showLedger(context: CommandContext, ledger: Ledger): void {
  if (context.terminal.format === 'json') return context.terminal.json(ledger);
  const { replicas, joiners, cause, parent, backup, shredCertificate, ...fields } = ledger;
  context.terminal.record({
    ...fields,
    archivedTo: backup?.height ?? null,
    lagBlocks: backup?.lagBlocks ?? null,
    shredded: shredCertificate !== null,
    cause: cause ? `${cause.code}: ${cause.detail}` : null,
    replicas: replicas.length,
    joiners: joiners.length,
    ...parentFields(parent),
  });
}

function parentFields(parent: Ledger['parent']): Record<string, string | number | null> {
  if (parent === null) return {};
  const { ledgerId, height, restore } = parent;
  if (restore === null) return { parent: ledgerId, parentHeight: height };
  const { recoveryPoint, trialBalance, counts } = restore;
  return {
    parent: ledgerId,
    parentHeight: height,
    stateRoot: restore.stateRoot,
    recoveryPoint: `${recoveryPoint.heights} blocks, ${Number(BigInt(recoveryPoint.ns) / 1_000_000n)} ms behind the parent`,
    recoveryTime: `${restore.recoveryMs} ms for ${restore.stateBytes} bytes`,
    verified: `snapshot ${restore.snapshotHeight}, ${restore.blocksExecuted} blocks executed`,
    counts: Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', '),
    trialBalance: trialBalance.map(({ asset, postedMinor }) => `${asset}: ${postedMinor} = ${postedMinor}`).join(', '),
  };
}

async function create(context: CommandContext, input: CommandInput): Promise<void> {
  const ttlMs = input.duration('ttl');
  const ledgerClass = (input.optionalText('class') ?? 'sandbox') as LedgerClass;
  if (ttlMs !== undefined && ledgerClass !== 'sandbox') {
    throw new CliFailure('usage', 'USAGE', '--ttl is for sandbox ledgers only');
  }
  const controlPlane = context.controlPlane();
  const name = input.text('name');
  const operatorName = input.optionalText('operator') ?? context.settings.login()?.institution ?? name;
  const keyFile = input.optionalText('operator-key');
  const key = keyFile === undefined ? createKey(context.settings, `operator of ledger ${name}`) : readKey(keyFile);
  if (keyFile !== undefined) context.settings.saveKey(key.publicKey, key);
  const region = input.optionalText('region') ?? (await controlPlane.platform()).regions[0] ?? 'local';
  const created = await controlPlane.createLedger(
    {
      name,
      class: ledgerClass,
      region,
      operator: { name: operatorName, keys: [{ scheme: 'ed25519', publicKey: key.publicKey }] },
      ...(ttlMs === undefined ? {} : { ttlSeconds: Math.round(ttlMs / 1_000) }),
      ...(input.flag('archived') ? { archived: true } : {}),
    },
    { idempotencyKey: input.optionalText('idempotency-key'), signal: context.signal },
  );
  context.settings.saveLedger({
    ledgerId: created.id,
    name,
    url: context.url(),
    genesisId: null,
    partyKeys: {},
    operatorKey: key.publicKey,
  });
  context.settings.chooseLedger(created.id);
  context.terminal.progress(
    `Ledger ${created.id} is being provisioned; its operator key stays in ${context.settings.keyPath(key.publicKey)}`,
  );
  if (!input.flag('wait')) return showLedger(context, created);
  await waitUntilReady(context, created.id, input.duration('timeout') ?? WAIT_MS_DEFAULT);
}

/** Waits, shows each step on the way, keeps the trust anchor and prints the ledger. */
export async function waitUntilReady(context: CommandContext, id: string, timeoutMs: number): Promise<void> {
  const ready = await context.controlPlane().waitForLedger(id, progressOf(context, timeoutMs, 0));
  const opened = await context.openLedger(id);
  context.terminal.progress(`Trust anchor kept: genesis ${opened.genesisId}`);
  showLedger(context, ready);
}

/** Shows each step that ends while one waits; what was logged up to a sequence number is known. */
function progressOf(context: CommandContext, timeoutMs: number, afterSequence: number): WaitForLedgerOptions {
  return {
    timeoutMs,
    signal: context.signal,
    onProgress: (_ledger, steps) => {
      for (const step of steps.filter(({ state, sequence }) => state !== 'started' && sequence > afterSequence)) {
        const replica = step.replicaIndex === null ? '' : ` replica ${step.replicaIndex}`;
        const cause = step.cause === null ? '' : ` ${step.cause.code}: ${step.cause.detail}`;
        const elapsed = step.elapsedMs === null ? '' : ` ${Math.round(step.elapsedMs)} ms`;
        context.terminal.progress(`  ${step.step}${replica} ${step.state}${elapsed}${cause}`);
      }
    },
  };
}

async function scale(context: CommandContext, input: CommandInput): Promise<void> {
  const id = await context.ledgerId(input.argument(0));
  const controlPlane = context.controlPlane();
  const known = await controlPlane.steps(id);
  const scaled = await controlPlane.scaleLedger(id, Number(input.text('replicas')), {
    idempotencyKey: input.optionalText('idempotency-key'),
    signal: context.signal,
  });
  if (!input.flag('wait')) return showLedger(context, scaled);
  const timeoutMs = input.duration('timeout') ?? WAIT_MS_DEFAULT;
  showLedger(context, await controlPlane.waitForScale(id, progressOf(context, timeoutMs, known.at(-1)?.sequence ?? 0)));
}

async function list(context: CommandContext, input: CommandInput): Promise<void> {
  const ledgers: Ledger[] = [];
  for await (const ledger of context.controlPlane().ledgers({ limit: 100 })) {
    if (ledger.state === 'retired' && !input.flag('all')) continue;
    ledgers.push(ledger);
    if (ledgers.length >= LISTED_MAX) break;
  }
  context.terminal.rows(ledgers, ledgerColumns);
}

async function get(context: CommandContext, input: CommandInput): Promise<void> {
  showLedger(context, await context.controlPlane().ledger(await context.ledgerId(input.argument(0))));
}

async function status(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.argument(0) || undefined);
  const state = await ledger.gateway.status(ledger.id);
  if (context.terminal.format === 'json') return context.terminal.json(state);
  context.terminal.progress(
    `height ${state.height ?? '-'}, proven ${state.provenHeight ?? '-'}, leader ${state.leader ?? '-'}, term ${state.term ?? '-'}`,
  );
  context.terminal.rows(state.replicas, [
    ['REPLICA', (replica) => replica.index, 'right'],
    ['REACHABLE', (replica) => (replica.reachable ? 'yes' : 'no')],
    ['HEIGHT', (replica) => replica.height, 'right'],
    ['EXECUTED', (replica) => replica.executedHeight, 'right'],
    ['LEADER', (replica) => (replica.leader ? 'yes' : '')],
  ]);
}

async function remove(context: CommandContext, input: CommandInput): Promise<void> {
  const id = await context.ledgerId(input.argument(0));
  const confirmed =
    input.flag('yes') ||
    (context.terminal.interactive && (await context.terminal.answer('', `Type ${id} to delete it`, '--yes')) === id);
  if (!confirmed) throw new CliFailure('usage', 'NOT_CONFIRMED', 'deleting a ledger needs --yes or the typed id');
  showLedger(context, await context.controlPlane().retireLedger(id));
}

async function shred(context: CommandContext, input: CommandInput): Promise<void> {
  const id = await context.ledgerId(input.argument(0));
  const confirmed =
    input.flag('yes') ||
    (context.terminal.interactive &&
      (await context.terminal.answer('', `Type ${id} to destroy its keys for ever`, '--yes')) === id);
  if (!confirmed) throw new CliFailure('usage', 'NOT_CONFIRMED', 'destroying keys needs --yes or the typed id');
  const controlPlane = context.controlPlane();
  let ledger = await controlPlane.shredLedger(id, { signal: context.signal });
  const deadlineMs = performance.now() + (input.duration('timeout') ?? WAIT_MS_DEFAULT);
  while (ledger.shredCertificate === null) {
    if (performance.now() > deadlineMs)
      throw new CliFailure('failure', 'TIMEOUT', 'the keys are not destroyed yet', {
        hint: 'A fork that is being made from the archive is waited for; see `quorate ledger get`.',
      });
    await sleep(POLL_MS, undefined, { signal: context.signal });
    ledger = await controlPlane.ledger(id, { signal: context.signal });
  }
  context.terminal.json(ledger.shredCertificate);
}

async function steps(context: CommandContext, input: CommandInput): Promise<void> {
  const id = await context.ledgerId(input.argument(0));
  context.terminal.rows(await context.controlPlane().steps(id), stepColumns);
}

async function genesis(context: CommandContext, input: CommandInput): Promise<void> {
  const ledger = await context.openLedger(input.argument(0) || undefined);
  const { operator, replicas } = ledger.genesis;
  context.terminal.record({
    ledgerId: ledger.id,
    genesisId: ledger.genesisId,
    operator: operator.name,
    operatorKeys: operator.keys.map((key) => `${key.scheme} ${hex(key.bytes)}`),
    replicas: replicas.length,
  });
}

const which = [{ name: 'ledger', description: 'id or name' }];

export const ledgerCommands: readonly CommandSpec[] = [
  {
    words: ['ledger', 'create'],
    summary: 'Create a ledger. Its operator key is made and kept on this machine.',
    options: [
      { flags: '--name <name>', description: 'name of the ledger', required: true },
      {
        flags: '--class <class>',
        description: 'sandbox: 1 replica, short-lived; standard: 4 replicas; premium: 7 replicas',
        choices: ['sandbox', 'standard', 'premium'],
        fallback: 'sandbox',
      },
      { flags: '--region <region>', description: "else the platform's first region" },
      { flags: '--ttl <duration>', description: 'life of a sandbox, such as 30m' },
      { flags: '--archived', description: 'keep backups of a sandbox, too; other classes have them anyway' },
      { flags: '--operator <name>', description: 'name of the operator on the ledger; else the institution' },
      { flags: '--operator-key <file>', description: 'use this key file instead of a new key' },
      {
        flags: '--idempotency-key <text>',
        description: 'the same key and the same ledger never create a second one; needs --operator-key',
      },
      { flags: '--wait', description: 'wait until the ledger is ready' },
      { flags: '--timeout <duration>', description: 'how long to wait (2m)' },
    ],
    example: 'quorate ledger create --name pr-42 --class sandbox --ttl 30m --wait --output json',
    run: create,
  },
  {
    words: ['ledger', 'list'],
    summary: 'List ledgers.',
    options: [{ flags: '--all', description: 'retired ones too' }],
    run: list,
  },
  { words: ['ledger', 'get'], summary: 'Show one ledger.', arguments: which, run: get },
  {
    words: ['ledger', 'status'],
    summary: 'Show the replicas of a running ledger.',
    arguments: [{ ...which[0], optional: true }],
    run: status,
  },
  {
    words: ['ledger', 'steps'],
    summary: 'Show how a ledger was provisioned, step by step.',
    arguments: which,
    run: steps,
  },
  {
    words: ['ledger', 'genesis'],
    summary: 'Show the trust anchor of a ledger, checked and kept here.',
    arguments: [{ ...which[0], optional: true }],
    run: genesis,
  },
  {
    words: ['ledger', 'scale'],
    summary: 'Change the number of replicas of a running ledger; its transfers go on meanwhile.',
    arguments: which,
    options: [
      { flags: '--replicas <count>', description: 'how many it shall have', choices: ['1', '4', '7'], required: true },
      { flags: '--wait', description: 'wait until the new replicas are in force' },
      { flags: '--timeout <duration>', description: 'how long to wait (2m)' },
      { flags: '--idempotency-key <text>', description: 'the same key never asks twice' },
    ],
    example: 'quorate ledger scale main --replicas 7 --wait',
    run: scale,
  },
  {
    words: ['ledger', 'delete'],
    summary: 'Retire a ledger. Its receipts stay verifiable, and its archive is kept for a while.',
    arguments: which,
    options: [{ flags: '--yes', description: 'do not ask' }],
    run: remove,
  },
  {
    words: ['ledger', 'shred'],
    summary: 'Destroy every key of a retired ledger, and with them its archive; prints the certificate.',
    arguments: which,
    options: [
      { flags: '--yes', description: 'do not ask' },
      { flags: '--timeout <duration>', description: 'how long to wait (2m)' },
    ],
    run: shred,
  },
];
