import { CodedError, type ErrorFacts } from '@quorate/errors';

/**
 * TRANSPORT_UNREACHABLE: no connection could be made. TRANSPORT_IDENTITY_WRONG: the other end showed another certificate than the pinned one.
 * TRANSPORT_CLOSED: the connection ended; whether a request took effect is unknown. TRANSPORT_TIMEOUT: no answer in time; likewise.
 * TRANSPORT_OVERLOADED: too many requests wait already. TRANSPORT_MALFORMED: bytes that the protocol does not know.
 * TRANSPORT_PORT_UNAVAILABLE: no free port in the range.
 */
export type TransportErrorCode =
  | 'TRANSPORT_UNREACHABLE'
  | 'TRANSPORT_IDENTITY_WRONG'
  | 'TRANSPORT_CLOSED'
  | 'TRANSPORT_TIMEOUT'
  | 'TRANSPORT_OVERLOADED'
  | 'TRANSPORT_MALFORMED'
  | 'TRANSPORT_PORT_UNAVAILABLE';

/** A fault of a link. */
export class TransportError extends CodedError {
  constructor(code: TransportErrorCode, message: string, facts: ErrorFacts = {}) {
    super(code, message, facts);
  }
}
