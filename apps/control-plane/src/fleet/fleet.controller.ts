import { FleetStore } from '@quorate/database';
import type { PlatformContext } from '@quorate/tenancy';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Problem } from '../http/problem';
import { Administrator } from '../http/request';
import { Route } from '../http/route';
import { ledgerSchema, replicaSetFixed, scaleSchema } from '../ledgers/ledgers.schemas';
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
    private readonly launcher: WorkerLauncher,
  ) {}

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
    summary: 'Give a worker no new replicas',
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
    @Body({ schema: scaleSchema }) _scale: unknown,
  ): Promise<never> {
    if (!isId(id) || !(await this.fleet.hasLedger(context, id))) {
      throw new Problem('LEDGER_UNKNOWN', { detail: 'there is no such ledger' });
    }
    throw replicaSetFixed();
  }
}
