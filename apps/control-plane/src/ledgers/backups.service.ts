import { BackupStore, type BackupRun, type BackupRunKind, type BackupRunOutcome } from '@quorate/database';
import type { Config } from '@quorate/config';
import { Jobs } from '@quorate/jobs';
import type { TenantContext } from '@quorate/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../http/config-token';
import { isId } from '../http/schemas';
import type { DrillSchedule } from './backups.schemas';

/** Backups, checks and drills: what is asked for is written down, and workers of the ledger do it. */
@Injectable()
export class BackupsService {
  constructor(
    private readonly store: BackupStore,
    private readonly jobs: Jobs,
    @Inject(configToken) private readonly config: Config,
  ) {}

  /** Asks for a run. */
  async request(
    context: TenantContext,
    ledgerId: string,
    kind: BackupRunKind,
    height: number | null,
  ): Promise<BackupRunOutcome> {
    if (!isId(ledgerId)) return { kind: 'unknown' };
    const outcome = await this.store.request(context, ledgerId, kind, height);
    if (outcome.kind === 'accepted') await this.dispatch();
    return outcome;
  }

  /** The newest runs; null when the tenant has no such ledger. */
  async list(context: TenantContext, ledgerId: string): Promise<BackupRun[] | null> {
    return isId(ledgerId) ? this.store.list(context, ledgerId) : null;
  }

  /** Lets a ledger be drilled that is drawn at random; null when there is none to drill. */
  async drawDrill(): Promise<BackupRun | null> {
    const run = await this.store.drawDrill();
    if (run !== null) await this.dispatch();
    return run;
  }

  /** How often a ledger is drawn for a drill, and when the next one is. */
  async schedule(): Promise<DrillSchedule> {
    const nextAt = await this.jobs.nextDrill();
    return { everySeconds: this.config.drillEveryMs / 1_000, nextAt: nextAt?.toISOString() ?? null };
  }

  /** Hands everything that waits to workers; also what was handed out and lost. */
  async dispatch(): Promise<void> {
    for (const { workerId, runId } of await this.store.dispatches()) await this.jobs.sendBackupJob(workerId, runId);
  }
}
