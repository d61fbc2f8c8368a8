import { CodedError } from '@quorate/errors';

/** Why a payment file is refused as a whole, or what is wrong at one place of it. */
export interface PaymentFileError {
  /** Ours (`XML_…`, `FILE_…`, `ELEMENT_…`) so that it can be looked up. */
  readonly code: string;
  /** The ISO 20022 external status reason that a status report states. */
  readonly isoCode: string;
  /** First line of the element at fault, counted from 1. */
  readonly line: number;
  /** XPath-like place, indexes counted from 1. */
  readonly path: string;
  readonly detail: string;
}

/** Thrown inside the parser only: stops reading at a fault that makes the rest meaningless. */
export class PaymentFileProblem extends CodedError {
  constructor(
    code: string,
    readonly offset: number,
    detail: string,
  ) {
    super(code, detail);
  }
}
