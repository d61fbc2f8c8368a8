import { CodedError, type ErrorFacts } from '@quorate/errors';

/** Bytes that are not the canonical encoding of anything. Codes: `CODEC_TRUNCATED`, `CODEC_TRAILING`, `CODEC_RANGE`, `CODEC_INVALID`. */
export class CodecError extends CodedError {
  constructor(
    code: 'CODEC_TRUNCATED' | 'CODEC_TRAILING' | 'CODEC_RANGE' | 'CODEC_INVALID',
    message: string,
    facts: ErrorFacts = {},
  ) {
    super(code, message, facts);
  }
}
