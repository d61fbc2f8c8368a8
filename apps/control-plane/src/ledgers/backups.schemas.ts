import type { AcquiredRecord, BackupRun } from '@quorate/database';
import { z } from 'zod';
import { causeSchema } from '../http/schemas';

const restoredSchema = z
  .object({
    height: z.int(),
    timeNs: z.string(),
    blockId: z.string(),
    execRoot: z.string(),
    stateRoot: z.string(),
    counts: z.object({ parties: z.int(), assets: z.int(), accounts: z.int(), transfers: z.int() }),
    trialBalance: z.array(
      z.object({ asset: z.int(), accounts: z.int(), postedMinor: z.string(), pendingMinor: z.string() }),
    ),
    blocksExecuted: z.int(),
    stateBytes: z.int(),
    elapsedMs: z.number(),
  })
  .meta({ id: 'RestoredState' });

const reportSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('created'), height: z.int(), snapshotHeight: z.int() }),
    z.object({
      kind: z.literal('compared'),
      equal: z.boolean(),
      restored: restoredSchema,
      live: restoredSchema,
      recoveryPoint: z
        .object({ heights: z.int(), ns: z.string() })
        .meta({ description: 'How far the running ledger was ahead of what was restored.' }),
      recoveryMs: z.number(),
    }),
  ])
  .meta({ id: 'BackupReport' });

export const backupRunSchema = z
  .object({
    id: z.uuid(),
    ledgerId: z.uuid(),
    ledgerName: z.string(),
    kind: z.enum(['create', 'verify', 'drill']),
    state: z.enum(['requested', 'done', 'failed']),
    name: z.string().nullable().meta({ description: 'Of the backup that was made or checked.' }),
    report: reportSchema.nullable(),
    cause: causeSchema.nullable(),
    requestedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'BackupRun' });

const drillScheduleSchema = z.object({ everySeconds: z.number(), nextAt: z.iso.datetime().nullable() }).meta({
  id: 'DrillSchedule',
  description: 'When the platform draws the next archived ledger at random for a drill.',
});

export const backupRunListSchema = z
  .object({ data: z.array(backupRunSchema), schedule: drillScheduleSchema })
  .meta({ id: 'BackupRunList' });

export type DrillSchedule = z.infer<typeof drillScheduleSchema>;
export type BackupRunListView = z.infer<typeof backupRunListSchema>;

export type BackupRunView = z.infer<typeof backupRunSchema>;

const namePattern = /^height-([0-9]{1,15})$/;

/** The name of the backup that goes up to a height. */
export function backupName(height: number): string {
  return `height-${height}`;
}

/** The height of a backup; null for what is no backup's name. */
export function heightOfName(name: string): number | null {
  const [, digits] = namePattern.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** A run as the API shows it. */
export function toRunView(run: BackupRun): BackupRunView {
  const { id, ledgerId, ledgerName, kind, state, report, causeCode, causeDetail } = run;
  const height = report === null ? run.height : report.kind === 'created' ? report.height : report.restored.height;
  return {
    id,
    ledgerId,
    ledgerName,
    kind,
    state,
    name: height === null ? null : backupName(height),
    report: report === null ? null : toReportView(report),
    cause: causeCode === null ? null : { code: causeCode, detail: causeDetail ?? '' },
    requestedAt: run.requestedAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

function toReportView(report: NonNullable<BackupRun['report']>): NonNullable<BackupRunView['report']> {
  if (report.kind === 'created') return report;
  const { equal, restored, live } = report;
  return {
    kind: 'compared',
    equal,
    restored: toStateView(restored),
    live: toStateView(live),
    recoveryPoint: {
      heights: live.tipHeight - restored.height,
      ns: (BigInt(live.tipTimeNs) - BigInt(restored.timeNs)).toString(),
    },
    recoveryMs: restored.elapsedMs,
  };
}

function toStateView(record: AcquiredRecord): z.infer<typeof restoredSchema> {
  const { height, timeNs, blockId, execRoot, stateRoot, counts, blocksExecuted, stateBytes, elapsedMs } = record;
  const trialBalance = [...record.trialBalance];
  return { height, timeNs, blockId, execRoot, stateRoot, counts, trialBalance, blocksExecuted, stateBytes, elapsedMs };
}
