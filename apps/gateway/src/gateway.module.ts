import { Module, type DynamicModule } from '@nestjs/common';

import { Credentials } from './access/credentials';
import { HealthController } from './health/health.controller';
import { READINESS, type Readiness } from './health/readiness';
import { AuthorityReadsController } from './ledgers/authority-reads.controller';
import { EnvelopesController } from './ledgers/envelopes.controller';
import { LedgerAccess } from './ledgers/ledger-access';
import { LedgerReadsController } from './ledgers/ledger-reads.controller';
import { LookupsController } from './ledgers/lookups.controller';
import { ReceiptsController } from './ledgers/receipts.controller';
import { StatementsController } from './ledgers/statements.controller';
import { PaymentFileReader } from './payments/payment-file-reader';
import { PaymentFiles } from './payments/payment-files';
import { PaymentFilesController } from './payments/payment-files.controller';
import { BlockStreams } from './streams/block-streams';
import { StreamController } from './streams/stream.controller';

/** What the controllers need, made by the process that starts the gateway. */
export interface GatewayServices {
  readonly access: LedgerAccess;
  readonly credentials: Credentials;
  readonly streams: BlockStreams;
  readonly reader: PaymentFileReader;
  readonly readiness: Readiness;
}

@Module({})
export class GatewayModule {
  static with(services: GatewayServices): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        HealthController,
        EnvelopesController,
        LedgerReadsController,
        LookupsController,
        AuthorityReadsController,
        ReceiptsController,
        StatementsController,
        StreamController,
        PaymentFilesController,
      ],
      providers: [
        PaymentFiles,
        { provide: LedgerAccess, useValue: services.access },
        { provide: Credentials, useValue: services.credentials },
        { provide: BlockStreams, useValue: services.streams },
        { provide: PaymentFileReader, useValue: services.reader },
        { provide: READINESS, useValue: services.readiness },
      ],
    };
  }
}
