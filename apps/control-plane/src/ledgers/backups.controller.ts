import type { BackupRunKind } from '@quorate/database';
import type { TenantContext } from '@quorate/tenancy';
import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Problem } from '../http/problem';
import { Tenant } from '../http/request';
import { Route } from '../http/route';
import {
  backupRunListSchema,
  backupRunSchema,
  heightOfName,
  toRunView,
  type BackupRunListView,
  type BackupRunView,
} from './backups.schemas';
import { BackupsService } from './backups.service';

const LedgerId = (): MethodDecorator => ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } });

const refusals = {
  LEDGER_NOT_ARCHIVED: 'the ledger was made without an archive',
  LEDGER_NOT_READY: 'wait until the ledger is ready',
  BACKUP_UNDER_WAY: 'a backup, check or drill of this ledger is under way',
} as const;

@ApiTags('backups')
@Controller('v1/ledgers/:id')
export class BackupsController {
  constructor(private readonly backups: BackupsService) {}

  @Post('backups')
  @LedgerId()
  @Route({
    operationId: 'createBackup',
    summary: 'Put everything that is final into the archive now',
    access: 'tenant-write',
    status: 202,
    answer: backupRunSchema,
    idempotent: true,
  })
  create(@Tenant() context: TenantContext, @Param('id') id: string): Promise<BackupRunView> {
    return this.ask(context, id, 'create', null);
  }

  @Get('backups')
  @LedgerId()
  @Route({
    operationId: 'listBackups',
    summary: 'Backups, checks and drills with their reports, newest first',
    access: 'tenant',
    answer: backupRunListSchema,
  })
  async list(@Tenant() context: TenantContext, @Param('id') id: string): Promise<BackupRunListView> {
    const runs = await this.backups.list(context, id);
    if (runs === null) throw unknown();
    return { data: runs.map(toRunView), schedule: await this.backups.schedule() };
  }

  @Post('backups/:name/verify')
  @LedgerId()
  @ApiParam({ name: 'name', schema: { type: 'string' } })
  @Route({
    operationId: 'verifyBackup',
    summary: 'Restore a backup into a shadow and compare it with the running ledger',
    access: 'tenant-write',
    status: 202,
    answer: backupRunSchema,
    idempotent: true,
  })
  async verify(
    @Tenant() context: TenantContext,
    @Param('id') id: string,
    @Param('name') name: string,
  ): Promise<BackupRunView> {
    const height = heightOfName(name);
    if (height !== null) return this.ask(context, id, 'verify', height);
    // Whoever may not see the ledger learns nothing of its backups either.
    if ((await this.backups.list(context, id)) === null) throw unknown();
    throw new Problem('BACKUP_UNKNOWN', { detail: 'names are like height-42' });
  }

  @Post('drills')
  @LedgerId()
  @Route({
    operationId: 'drillLedger',
    summary: 'Restore the newest backup into a shadow, compare it with the running ledger, and keep the report',
    access: 'tenant-write',
    status: 202,
    answer: backupRunSchema,
    idempotent: true,
  })
  drill(@Tenant() context: TenantContext, @Param('id') id: string): Promise<BackupRunView> {
    return this.ask(context, id, 'drill', null);
  }

  private async ask(
    context: TenantContext,
    id: string,
    kind: BackupRunKind,
    height: number | null,
  ): Promise<BackupRunView> {
    const outcome = await this.backups.request(context, id, kind, height);
    if (outcome.kind === 'unknown') throw unknown();
    if (outcome.kind === 'refused') throw new Problem(outcome.code, { detail: refusals[outcome.code] });
    return toRunView(outcome.run);
  }
}

/** Another tenant's ledger and one that never was give the same answer. */
function unknown(): Problem {
  return new Problem('LEDGER_UNKNOWN', { detail: 'there is no such ledger' });
}
