import type { Reader, Writer } from '@quorate/codec';

/**
 * Lets `grantee` debit `account`, which is not its own. Every bound left at 0 is absent: any credit account, any amount per
 * transfer, any number of transfers and any sum per period, no end. A period of 0 is the whole life of the mandate; else
 * periods of that length follow each other from the ledger time at which it was put.
 */
export interface MandateDraft {
  readonly id: bigint;
  readonly account: bigint;
  readonly grantee: bigint;
  readonly creditAccount: bigint;
  readonly transferAmountMax: bigint;
  readonly periodAmountMax: bigint;
  readonly periodTransfersMax: number;
  readonly periodSeconds: number;
  readonly validUntilNs: bigint;
}

export function writeMandate(writer: Writer, mandate: MandateDraft): void {
  writer.u128(mandate.id).u128(mandate.account).u128(mandate.grantee).u128(mandate.creditAccount);
  writer.u128(mandate.transferAmountMax).u128(mandate.periodAmountMax);
  writer.u32(mandate.periodTransfersMax).u32(mandate.periodSeconds).u64(mandate.validUntilNs);
}

export function readMandate(reader: Reader): MandateDraft {
  return {
    id: reader.u128(),
    account: reader.u128(),
    grantee: reader.u128(),
    creditAccount: reader.u128(),
    transferAmountMax: reader.u128(),
    periodAmountMax: reader.u128(),
    periodTransfersMax: reader.u32(),
    periodSeconds: reader.u32(),
    validUntilNs: reader.u64(),
  };
}
