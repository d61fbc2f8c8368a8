import { BackupStore, FleetStore } from '@quorate/database';
import type { PlatformContext } from '@quorate/tenancy';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Problem } from '../http/problem';
import { Administrator } from '../http/request';
import { Route } from '../http/route';
import {
  backupRunListSchema,
  backupRunSchema,
  toRunView,
  type BackupRunListView,
  type BackupRunView,
} from '../ledgers/backups.schemas';
import { BackupsService } from '../ledgers/backups.service';
import { ledgerSchema, scaleSchema, type LedgerView, type Scale } from '../ledgers/ledgers.schemas';
import { LedgersService } from '../ledgers/ledgers.service';
import { scaledView } from '../ledgers/scaling';
import { isId, nothingSchema, pageSchema } from '../http/schemas';
import {
  fleetLedgerListSchema,
  fleetTenantListSchema,
  growthSchema,
  workerListSchema,
  workerSchema,
  type FleetGrowth,
} from './fleet.schemas';
import { WorkerLauncher } from './worker-launcher';

@ApiTags('fleet')
@Controller('v1/fleet')
export class FleetController {
  constructor(
    private readonly fleet: FleetStore,
    private readonly store: BackupStore,
    private readonly backups: BackupsService,
    private readonly launcher: WorkerLauncher,
    private readonly ledgersService: LedgersService,
  ) {}

  @Get('drills')
  @Route({
    operationId: 'listDrills',
    summary: 'Recovery drills of all ledgers, newest first',
    access: 'platform',
    answer: backupRunListSchema,
  })
  async drills(@Administrator() context: PlatformContext): Promise<BackupRunListView> {
    const runs = await this.store.drills(context);
    return { data: runs.map(toRunView), schedule: await this.backups.schedule() };
  }

  @Post('drills')
  @Route({
    operationId: 'drawDrill',
    summary: 'Draw an archived ledger at random and hold a recovery drill with it now',
    access: 'platform',
    status: 202,
    answer: backupRunSchema,
    idempotent: true,
  })
  async drill(
    @Administrator() _context: PlatformContext,
    @Body({ schema: nothingSchema }) _nothing: unknown,
  ): Promise<BackupRunView> {
    const run = await this.backups.drawDrill();
    if (run === null)
      throw new Problem('DRILL_IMPOSSIBLE', { detail: 'no archived ledger is ready and without a run under way' });
    return toRunView(run);
  }

  @Get('workers')
  @Route({ operationId: 'listWorkers', summary: 'All workers', access: 'platform', answer: workerListSchema })
  async workers(
    @Administrator() context: PlatformContext,
    @Query({ schema: pageSchema }) _page: unknown,
  ): Promise<unknown> {
    return { data: await this.fleet.workers(context), nextCursor: null };
  }

  @Post('workers')
  @Route({
    operationId: 'addWorkers',
    summary: 'Start more workers on this machine',
    access: 'platform',
    status: 202,
    answer: growthSchema,
    idempotent: true,
  })
  add(@Administrator() _context: PlatformContext, @Body({ schema: growthSchema }) growth: FleetGrowth): FleetGrowth {
    if (!this.launcher.add(growth.count)) {
      throw new Problem('FLEET_SCALED_ELSEWHERE', { detail: 'scale the workers where their containers are run' });
    }
    return growth;
  }

  @Post('workers/:id/drain')
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @Route({
    operationId: 'drainWorker',
    summary: 'Move the replicas of a worker to others and give it no new ones',
    access: 'platform',
    status: 202,
    answer: workerSchema,
    idempotent: true,
  })
  async drain(
    @Administrator() context: PlatformContext,
    @Param('id') id: string,
    @Body({ schema: nothingSchema }) _nothing: unknown,
  ): Promise<unknown> {
    const worker = isId(id) ? await this.fleet.drain(context, id) : null;
    if (!worker) throw new Problem('WORKER_UNKNOWN', { detail: 'there is no such worker' });
    return worker;
  }

  @Get('tenants')
  @Route({ operationId: 'listFleetTenants', summary: 'All tenants', access: 'platform', answer: fleetTenantListSchema })
  async tenants(
    @Administrator() context: PlatformContext,
    @Query({ schema: pageSchema }) _page: unknown,
  ): Promise<unknown> {
    return { data: await this.fleet.tenants(context), nextCursor: null };
  }

  @Get('ledgers')
  @Route({ operationId: 'listFleetLedgers', summary: 'All ledgers', access: 'platform', answer: fleetLedgerListSchema })
  async ledgers(
    @Administrator() context: PlatformContext,
    @Query({ schema: pageSchema }) _page: unknown,
  ): Promise<unknown> {
    return { data: await this.fleet.ledgers(context), nextCursor: null };
  }

  @Post('ledgers/:id/scale')
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @Route({
    operationId: 'scaleFleetLedger',
    summary: 'Change the number of replicas of any ledger',
    access: 'platform',
    status: 202,
    answer: ledgerSchema,
    idempotent: true,
  })
  async scaleLedger(
    @Administrator() context: PlatformContext,
    @Param('id') id: string,
    @Body({ schema: scaleSchema }) { replicas }: Scale,
  ): Promise<LedgerView> {
    return scaledView(await this.ledgersService.scale(context, id, replicas));
  }

  @Post('ledgers/:id/replicas/:index/replace')
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiParam({ name: 'index', schema: { type: 'integer', minimum: 0 } })
  @Route({
    operationId: 'replaceReplica',
    summary: 'Put another replica, on another worker, in the place of one',
    access: 'platform',
    status: 202,
    answer: ledgerSchema,
    idempotent: true,
  })
  async replaceReplica(
    @Administrator() context: PlatformContext,
    @Param('id') id: string,
    @Param('index') index: string,
    @Body({ schema: nothingSchema }) _nothing: unknown,
  ): Promise<LedgerView> {
    return scaledView(await this.ledgersService.replace(context, id, placeOf(index)));
  }

  @Post('ledgers/:id/replicas/:index/rotate-key')
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiParam({ name: 'index', schema: { type: 'integer', minimum: 0 } })
  @Route({
    operationId: 'rotateReplicaKey',
    summary: 'Give a replica another consensus key, by an epoch with the same members',
    access: 'platform',
    status: 202,
    answer: ledgerSchema,
    idempotent: true,
  })
  async rotateKey(
    @Administrator() context: PlatformContext,
    @Param('id') id: string,
    @Param('index') index: string,
    @Body({ schema: nothingSchema }) _nothing: unknown,
  ): Promise<LedgerView> {
    return scaledView(await this.ledgersService.rotateKey(context, id, placeOf(index)));
  }
}

/** An index as the path has it; one that no replica has if it is no number. */
function placeOf(index: string): number {
  return /^\d{1,2}$/.test(index) ? Number(index) : -1;
}
