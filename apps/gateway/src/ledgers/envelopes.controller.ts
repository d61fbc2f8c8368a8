import { Controller, Param, Post, Req } from '@nestjs/common';
import { CodecError } from '@quorate/codec';
import { hex } from '@quorate/crypto';
import { resultName, scanEnvelope, type EnvelopeOutline } from '@quorate/protocol';
import type { SubmitReply, SubmitSigner } from '@quorate/transport';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { Operation } from '../api/documentation';
import { ledgerParameters, type LedgerParameters } from '../api/parameters';
import { bodyOf } from '../api/request-body';
import { submitResultSchema } from '../api/schemas';
import { GatewayProblem, type ProblemField } from '../problems/gateway-problem';
import { envelopeProblemCode, PROBLEMS } from '../problems/problem-catalogue';
import { submit } from '../replicas/submission';
import { LedgerAccess } from './ledger-access';

const retryAfterMsDefault = 500;
const resultsPerAnswer = 'One result per operation, in the order of the envelope.';

/** Takes envelopes in and answers with their results. */
@Controller('v1/ledgers/:ledgerId')
export class EnvelopesController {
  constructor(private readonly access: LedgerAccess) {}

  @Post('envelopes')
  @Operation({
    operationId: 'submitEnvelope',
    summary: 'Submit an envelope and wait for its results',
    description: `${resultsPerAnswer} Submitting the same bytes again is safe: they are executed once.`,
    body: 'application/octet-stream',
    answer: submitResultSchema,
    problems: [
      'BODY_TOO_LARGE',
      'CONTENT_TYPE_UNSUPPORTED',
      'ROLE_INSUFFICIENT',
      'LEDGER_BUSY',
      'LEDGER_FULL',
      'GATEWAY_BUSY',
      ...envelopeProblems(),
    ],
  })
  async submit(
    @Req() request: FastifyRequest,
    @Param({ schema: ledgerParameters }) { ledgerId }: LedgerParameters,
  ): Promise<z.output<typeof submitResultSchema>> {
    const bytes = bodyOf(request, ['application/octet-stream']);
    const { link } = await this.access.open(request, ledgerId);
    const outline = outlineOf(bytes);
    const outcome = await submit(link, { bytes, operationCount: outline.operationCount });
    if (outcome.kind === 'unknown') {
      const detail =
        'No replica confirmed the envelope in time; whether it was executed is unknown. Send the same bytes again.';
      throw new GatewayProblem('LEDGER_UNAVAILABLE', detail, { retryAfterMs: retryAfterMsDefault });
    }
    if (outcome.kind === 'refused') throw refusal(outcome);
    return {
      ledgerId,
      envelopeHash: hex(outline.hash),
      height: outcome.height,
      firstIndex: outcome.firstIndex,
      timestampNs: outcome.timeNs.toString(),
      results: Array.from(outcome.codes, (code, index) => ({ index, code: resultName(code) ?? String(code) })),
    };
  }
}

function outlineOf(bytes: Uint8Array): EnvelopeOutline {
  try {
    return scanEnvelope(bytes);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new GatewayProblem('ENVELOPE_MALFORMED', `The bytes are not an envelope: ${cause.message}.`);
  }
}

function refusal(reply: Extract<SubmitReply, { kind: 'refused' }>): GatewayProblem {
  const retryAfterMs = reply.retryAfterMs ?? retryAfterMsDefault;
  if (reply.code === 'storage_full')
    return new GatewayProblem('LEDGER_FULL', 'The disks of the ledger have no room for more.', { retryAfterMs });
  if (!reply.code.startsWith('envelope_')) {
    return new GatewayProblem('LEDGER_BUSY', 'The ledger takes in as much as it can.', { retryAfterMs });
  }
  const code = envelopeProblemCode(reply.code);
  const { status, title, remedy } = PROBLEMS[code];
  const errors = reply.signers?.map(signerField);
  return new GatewayProblem(code, `${title}. ${remedy}`, status === 503 ? { retryAfterMs } : { errors });
}

/** What became of one key: of which the signature counts, and of which one is missing. */
function signerField({ key, publicKey, state }: SubmitSigner): ProblemField {
  const holder = publicKey === null ? 'which the party does not have' : publicKey;
  return {
    pointer: `/signatures/${key}`,
    code: `SIGNATURE_${state.toUpperCase()}`,
    detail: `Key ${key}, ${holder}: ${state.replaceAll('_', ' ')}.`,
  };
}

function envelopeProblems() {
  return (Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]).filter((code) => code.startsWith('ENVELOPE_'));
}
