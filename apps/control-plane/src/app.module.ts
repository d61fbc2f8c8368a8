import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AccountsController } from './accounts/accounts.controller';
import { AccountsService } from './accounts/accounts.service';
import { ApiKeysController } from './api-keys/api-keys.controller';
import { FleetController } from './fleet/fleet.controller';
import { WorkerLauncher } from './fleet/worker-launcher';
import { AccessGuard } from './http/access.guard';
import { configToken } from './http/config-token';
import { IdempotencyInterceptor } from './http/idempotency.interceptor';
import { loggerToken } from './http/log';
import { ProblemFilter } from './http/problem.filter';
import { RateLimits } from './http/rate-limits';
import { validationPipe } from './http/validation';
import { LedgerEventsService } from './ledgers/ledger-events.service';
import { BackupsController } from './ledgers/backups.controller';
import { BackupsService } from './ledgers/backups.service';
import { LedgersController } from './ledgers/ledgers.controller';
import { LedgersService } from './ledgers/ledgers.service';
import { PlatformController } from './platform/platform.controller';
import { OutboxDispatcher } from './reconciler/outbox.dispatcher';
import { ReconcileProcessor } from './reconciler/reconcile.processor';
import { GovernanceKey } from './reconciler/governance-key';
import { ReconcilerService } from './reconciler/reconciler.service';
import { storeProviders, type Services } from './services';

@Module({ controllers: [AccountsController], providers: [AccountsService], exports: [AccountsService] })
class AccountsModule {}

@Module({ controllers: [ApiKeysController] })
class ApiKeysModule {}

@Module({
  providers: [OutboxDispatcher, GovernanceKey, BackupsService, ReconcilerService, ReconcileProcessor],
  exports: [OutboxDispatcher, BackupsService],
})
class ReconcilerModule {}

@Module({
  imports: [ReconcilerModule],
  controllers: [LedgersController, BackupsController],
  providers: [LedgersService, LedgerEventsService],
  exports: [LedgersService],
})
class LedgersModule {}

@Module({ imports: [LedgersModule, ReconcilerModule], controllers: [FleetController], providers: [WorkerLauncher] })
class FleetModule {}

@Module({ controllers: [PlatformController] })
class PlatformModule {}

/** The stores and settings that every module may use. */
@Global()
@Module({})
class StoresModule {
  static register(services: Services): DynamicModule {
    const providers: Provider[] = [
      ...(storeProviders(services) as Provider[]),
      { provide: configToken, useValue: services.config },
      { provide: loggerToken, useValue: services.logger },
      { provide: RateLimits, useFactory: () => new RateLimits(services.system) },
    ];
    return { module: StoresModule, providers, exports: providers };
  }
}

/** The control plane. */
@Module({})
export class AppModule {
  static register(services: Services): DynamicModule {
    return {
      module: AppModule,
      imports: [
        StoresModule.register(services),
        AccountsModule,
        ApiKeysModule,
        LedgersModule,
        FleetModule,
        PlatformModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
        { provide: APP_PIPE, useFactory: validationPipe },
      ],
    };
  }
}
