import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupRun, DrillSchedule, Ledger } from '@quorate/sdk';
import { LEDGER_OPTION, type CommandInput, type CommandSpec, type OptionSpec } from '../command';
import type { CommandContext } from '../context';
import { CliFailure } from '../exit-codes';
import type { Column } from '../terminal';

const POLL_MS = 250;
const WAIT_MS_DEFAULT = 600_000;

const TIMEOUT_OPTION: OptionSpec = { flags: '--timeout <duration>', description: 'how long to wait (10m)' };

const runColumns: readonly Column<BackupRun>[] = [
  ['NAME', (run) => run.name],
  ['KIND', (run) => run.kind],
  ['STATE', (run) => run.state],
  ['RESULT', (run) => resultOf(run)],
  ['REQUESTED', (run) => run.requestedAt],
  ['FINISHED', (run) => run.finishedAt],
];

function resultOf({ report, cause }: BackupRun): string {
  if (cause !== null) return `${cause.code}: ${cause.detail}`;
  if (report === null) return '';
  if (report.kind === 'created') return `up to height ${report.height}`;
  return report.equal ? 'equal' : 'DIFFERENT';
}

async function finished(context: CommandContext, asked: BackupRun, timeoutMs: number): Promise<BackupRun> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const { data } = await context.controlPlane().backups(asked.ledgerId, { signal: context.signal });
    const run = data.find(({ id }) => id === asked.id);
    if (run !== undefined && run.state !== 'requested') return run;
    if (performance.now() > deadlineMs)
      throw new CliFailure('failure', 'TIMEOUT', 'it is not done yet', { hint: 'See `quorate backup list`.' });
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

function show(context: CommandContext, run: BackupRun): void {
  if (run.state === 'failed') {
    const { code, detail } = run.cause ?? { code: 'BACKUP_FAILED', detail: 'without a cause' };
    throw new CliFailure('failure', code, detail);
  }
  const { report } = run;
  if (context.terminal.format === 'json') context.terminal.json(run);
  else if (report?.kind === 'compared') showComparison(context, run, report);
  else context.terminal.record({ name: run.name, ...report });
  if (report?.kind === 'compared' && !report.equal)
    throw new CliFailure('verification', 'BACKUP_DIFFERS', 'what was restored is not what the ledger holds');
}

function showComparison(
  { terminal }: CommandContext,
  run: BackupRun,
  { equal, restored, live, recoveryPoint, recoveryMs }: Extract<BackupRun['report'], { kind: 'compared' }>,
): void {
  const { counts, trialBalance } = restored;
  terminal.record({
    name: run.name,
    equal,
    height: restored.height,
    blockId: restored.blockId,
    execRoot: restored.execRoot,
    stateRoot: restored.stateRoot,
    liveStateRoot: live.stateRoot,
    counts: Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', '),
    trialBalance: trialBalance.map(({ asset, postedMinor }) => `${asset}: ${postedMinor} = ${postedMinor}`).join(', '),
    recoveryPoint: `${recoveryPoint.heights} blocks, ${Number(BigInt(recoveryPoint.ns) / 1_000_000n)} ms behind the ledger`,
    recoveryTime: `${Math.round(recoveryMs)} ms for ${restored.stateBytes} bytes`,
  });
}

/** How far the archive is behind, in one line for people and whole for programs. */
function showLag({ terminal }: CommandContext, { id, backup }: Ledger): void {
  if (terminal.format === 'json') return terminal.json(backup);
  terminal.record({ ledger: id, state: shippingState(backup), ...backup });
}

function shippingState(backup: Ledger['backup']): string {
  if (backup === null) return 'off: the ledger is not archived';
  if (backup.observedAt === null) return 'not shipping yet';
  if (backup.error !== null) return `behind: ${backup.error}`;
  return backup.lagBlocks === 0 ? 'up to date' : 'shipping';
}

function scheduleText({ everySeconds, nextAt }: DrillSchedule): string {
  const next = nextAt === null ? 'not scheduled yet' : `next ${nextAt}`;
  return `The platform drills an archived ledger that it draws at random every ${everySeconds / 3_600} h; ${next}`;
}

type Ask = (context: CommandContext, ledgerId: string, input: CommandInput) => Promise<BackupRun>;

const runOf =
  (ask: Ask) =>
  async (context: CommandContext, input: CommandInput): Promise<void> => {
    const ledgerId = await context.ledgerId(input.optionalText('ledger'));
    const asked = await ask(context, ledgerId, input);
    show(context, await finished(context, asked, input.duration('timeout') ?? WAIT_MS_DEFAULT));
  };

export const backupCommands: readonly CommandSpec[] = [
  {
    words: ['backup', 'create'],
    summary:
      'Put everything that is final into the archive now. It goes there by itself; this waits until it is there.',
    options: [LEDGER_OPTION, TIMEOUT_OPTION],
    run: runOf((context, id) => context.controlPlane().createBackup(id, { signal: context.signal })),
  },
  {
    words: ['backup', 'list'],
    summary: 'List backups, checks of them, and drills.',
    options: [LEDGER_OPTION],
    run: async (context, input) => {
      const ledgerId = await context.ledgerId(input.optionalText('ledger'));
      const { data, schedule } = await context.controlPlane().backups(ledgerId, { signal: context.signal });
      context.terminal.progress(scheduleText(schedule));
      context.terminal.rows(data, runColumns);
    },
  },
  {
    words: ['backup', 'lag'],
    summary: 'Show how far the archive of a ledger is behind it, in blocks and seconds.',
    options: [LEDGER_OPTION],
    run: async (context, input) => {
      const ledgerId = await context.ledgerId(input.optionalText('ledger'));
      showLag(context, await context.controlPlane().ledger(ledgerId, { signal: context.signal }));
    },
  },
  {
    words: ['backup', 'verify'],
    summary: 'Restore a backup into a shadow and compare roots, trial balance and counts with the running ledger.',
    arguments: [{ name: 'name', description: 'name of the backup, such as height-42' }],
    options: [LEDGER_OPTION, TIMEOUT_OPTION],
    example: 'quorate backup verify height-42 --ledger main',
    run: runOf((context, id, input) =>
      context.controlPlane().verifyBackup(id, input.argument(0), { signal: context.signal }),
    ),
  },
  {
    words: ['drill'],
    summary: 'Restore the newest backup into a shadow, compare it with the running ledger, and keep the report.',
    options: [LEDGER_OPTION, TIMEOUT_OPTION],
    run: runOf((context, id) => context.controlPlane().drillLedger(id, { signal: context.signal })),
  },
];
