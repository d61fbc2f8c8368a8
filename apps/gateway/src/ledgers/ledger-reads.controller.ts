import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { hex } from '@quorate/crypto';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { LedgerRead, Operation } from '../api/documentation';
import {
  accountParameters,
  accountTransfersQuery,
  accountsQuery,
  assetParameters,
  ledgerParameters,
  pageQuery,
  partyParameters,
  transferParameters,
  transfersQuery,
  type LedgerParameters,
  type PageQuery,
} from '../api/parameters';
import {
  accountSchema,
  assetSchema,
  balanceSchema,
  blockSchema,
  genesisSchema,
  pageSchema,
  partySchema,
  statusSchema,
  transferSchema,
} from '../api/schemas';
import { GATEWAY_LIMITS } from '../limits';
import { LedgerAccess } from './ledger-access';
import { found, page, type ListAnswer } from './replica-answers';

/** What is on a ledger, as one of its replicas tells it. Not a proof: proofs are the receipts. */
@Controller('v1/ledgers/:ledgerId')
export class LedgerReadsController {
  constructor(private readonly access: LedgerAccess) {}

  @Get('status')
  @Operation({
    operationId: 'getLedgerStatus',
    summary: 'Leader, heights and reachable replicas',
    answer: statusSchema,
  })
  async status(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
  ): Promise<z.output<typeof statusSchema>> {
    const { link } = await this.access.open(request, ledgerId);
    const observation = (await link.observe(GATEWAY_LIMITS.statusAgeMs)).filter(({ joining }) => !joining);
    const statuses = observation.flatMap(({ status }) => (status === null ? [] : [status]));
    const highest = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));
    const leader = link.leader();
    const leading = observation.find(({ index }) => index === leader)?.status ?? statuses[0];
    return {
      ledgerId,
      epoch: highest(statuses.map(({ epoch }) => epoch)),
      leader,
      term: highest(statuses.map(({ term }) => term)),
      height: highest(statuses.map(({ height }) => height)),
      provenHeight: highest(statuses.map(({ provenHeight }) => provenHeight)),
      finalityMs: leading?.finalityMs ?? null,
      replicas: observation.map(({ index, status }) => ({
        index,
        reachable: status !== null,
        height: status?.height ?? null,
        executedHeight: status?.executedHeight ?? null,
        term: status?.term ?? null,
        leader: index === leader,
      })),
    };
  }

  @Get('genesis')
  @Operation({
    operationId: 'getLedgerGenesis',
    summary: 'The genesis document and its id, the trust anchor',
    answer: genesisSchema,
  })
  async genesis(@Req() request: FastifyRequest, @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters) {
    const { ledger } = await this.access.open(request, ledgerId);
    return { genesis: hex(ledger.genesis), genesisId: hex(ledger.genesisId) };
  }

  @Get('accounts')
  @LedgerRead({
    operationId: 'listAccounts',
    summary: 'Accounts, all or of one party, by user data, code, asset and time of creation',
    answer: pageSchema(accountSchema),
  })
  async accounts(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: accountsQuery }) query: z.output<typeof accountsQuery>,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'accounts', ...query }));
  }

  @Get('accounts/:accountId')
  @LedgerRead({
    operationId: 'getAccount',
    summary: 'One account with its balances',
    answer: accountSchema,
    problems: ['ACCOUNT_UNKNOWN'],
  })
  async account(
    @Req() request: FastifyRequest,
    @Param({ schema: accountParameters }) { ledgerId, accountId }: z.output<typeof accountParameters>,
  ): Promise<object> {
    return found(await this.access.query(request, ledgerId, { query: 'account', id: accountId }), 'ACCOUNT_UNKNOWN');
  }

  @Get('accounts/:accountId/transfers')
  @LedgerRead({
    operationId: 'listAccountTransfers',
    summary: 'Transfers of one account, from either end, as far back as the ledger goes',
    answer: pageSchema(transferSchema),
    problems: ['HISTORY_UNAVAILABLE'],
  })
  async accountTransfers(
    @Req() request: FastifyRequest,
    @Param({ schema: accountParameters }) { ledgerId, accountId }: z.output<typeof accountParameters>,
    @Query({ schema: accountTransfersQuery }) query: z.output<typeof accountTransfersQuery>,
  ): Promise<ListAnswer> {
    const asked = { query: 'account-transfers', account: accountId, ...query } as const;
    return page(await this.access.query(request, ledgerId, asked));
  }

  @Get('accounts/:accountId/balances')
  @LedgerRead({
    operationId: 'listAccountBalances',
    summary: 'What an account held after each of its transfers, from either end; not a proof, as the statement is',
    answer: pageSchema(balanceSchema),
    problems: ['HISTORY_UNAVAILABLE'],
  })
  async accountBalances(
    @Req() request: FastifyRequest,
    @Param({ schema: accountParameters }) { ledgerId, accountId }: z.output<typeof accountParameters>,
    @Query({ schema: accountTransfersQuery }) query: z.output<typeof accountTransfersQuery>,
  ): Promise<ListAnswer> {
    const asked = { query: 'account-balances', account: accountId, ...query } as const;
    return page(await this.access.query(request, ledgerId, asked));
  }

  @Get('transfers')
  @LedgerRead({
    operationId: 'listTransfers',
    summary: 'All transfers, by user data, code, asset and time',
    answer: pageSchema(transferSchema),
    problems: ['HISTORY_UNAVAILABLE'],
  })
  async transfers(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: transfersQuery }) query: z.output<typeof transfersQuery>,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'transfers', ...query }));
  }

  @Get('transfers/:transferId')
  @LedgerRead({
    operationId: 'getTransfer',
    summary: 'One applied transfer, however old',
    answer: transferSchema,
    problems: ['TRANSFER_UNKNOWN', 'HISTORY_UNAVAILABLE'],
  })
  async transfer(
    @Req() request: FastifyRequest,
    @Param({ schema: transferParameters }) { ledgerId, transferId }: z.output<typeof transferParameters>,
  ): Promise<object> {
    return found(await this.access.query(request, ledgerId, { query: 'transfer', id: transferId }), 'TRANSFER_UNKNOWN');
  }

  @Get('parties')
  @LedgerRead({ operationId: 'listParties', summary: 'Parties', answer: pageSchema(partySchema) })
  async parties(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'parties', ...query }));
  }

  @Get('parties/:partyId')
  @LedgerRead({
    operationId: 'getParty',
    summary: 'One party with its keys',
    answer: partySchema,
    problems: ['PARTY_UNKNOWN'],
  })
  async party(
    @Req() request: FastifyRequest,
    @Param({ schema: partyParameters }) { ledgerId, partyId }: z.output<typeof partyParameters>,
  ): Promise<object> {
    return found(await this.access.query(request, ledgerId, { query: 'party', id: partyId }), 'PARTY_UNKNOWN');
  }

  @Get('assets')
  @LedgerRead({ operationId: 'listAssets', summary: 'Assets', answer: pageSchema(assetSchema) })
  async assets(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'assets', ...query }));
  }

  @Get('assets/:assetId')
  @LedgerRead({ operationId: 'getAsset', summary: 'One asset', answer: assetSchema, problems: ['ASSET_UNKNOWN'] })
  async asset(
    @Req() request: FastifyRequest,
    @Param({ schema: assetParameters }) { ledgerId, assetId }: z.output<typeof assetParameters>,
  ): Promise<object> {
    return found(await this.access.query(request, ledgerId, { query: 'asset', id: assetId }), 'ASSET_UNKNOWN');
  }

  @Get('blocks')
  @LedgerRead({ operationId: 'listBlocks', summary: 'Final blocks, newest first', answer: pageSchema(blockSchema) })
  async blocks(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<ListAnswer> {
    return page(await this.access.query(request, ledgerId, { query: 'blocks', ...query }));
  }
}
