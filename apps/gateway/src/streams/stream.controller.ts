import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Credentials } from '../access/credentials';
import { Operation } from '../api/documentation';
import { ledgerParameters, type LedgerParameters } from '../api/parameters';
import { LedgerAccess } from '../ledgers/ledger-access';
import { GatewayProblem } from '../problems/gateway-problem';
import { BlockStreams } from './block-streams';

/** Live blocks of a ledger as server-sent events. */
@Controller('v1/ledgers/:ledgerId')
export class StreamController {
  constructor(
    private readonly access: LedgerAccess,
    private readonly credentials: Credentials,
    private readonly streams: BlockStreams,
  ) {}

  @Get('stream')
  @Operation({
    operationId: 'streamBlocks',
    summary: 'Follow the blocks of a ledger',
    description:
      'Server-sent events named `block`: height, timeNs, operationCount, provenHeight, term, leader. Blocks of before are in the list of blocks.',
    answerType: 'text/event-stream',
    problems: ['STREAM_LIMITED'],
  })
  async stream(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
  ): Promise<void> {
    const { tenantId, link } = await this.access.open(request, ledgerId);
    const stillAllowed = () => this.stillAllowed(request, ledgerId);
    const stream = this.streams.start({ tenantId, link, stillAllowed });
    reply.raw.once('close', () => stream.readable.destroy());
    await reply
      .type('text/event-stream')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(stream.readable);
  }

  /** A stream outlives credentials and ledgers: both are looked up again while it runs. */
  private async stillAllowed(request: FastifyRequest, ledgerId: string): Promise<void> {
    if ((await this.credentials.recognize(request.headers)) === null) {
      throw new GatewayProblem('CREDENTIAL_MISSING', 'The credential is no longer valid.');
    }
    await this.access.open(request, ledgerId);
  }
}
