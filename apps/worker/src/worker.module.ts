import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '@quorate/config';
import { configToken, WorkerService } from './worker.service';

/** The worker application. */
@Module({})
export class WorkerModule {
  static with(config: Config): DynamicModule {
    return { module: WorkerModule, providers: [{ provide: configToken, useValue: config }, WorkerService] };
  }
}
