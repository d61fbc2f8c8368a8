import { Writer } from '@quorate/codec';
import { concatBytes, sha256, unhex } from '@quorate/crypto';
import { ACCOUNT_FLAGS, idFromHash, type AccountDraft, type TransferDraft } from '@quorate/protocol';
import { accountFault } from './account';
import { toMinorUnits } from './amount';
import { currencyOf } from './currency';
import type { AccountReference, Payment, PaymentFile, PaymentFileHeader, PaymentGroup } from './payment-file';

/** An asset of the ledger as far as planning needs it. */
export interface LedgerAsset {
  readonly id: number;
  readonly code: string;
  readonly scale: number;
}

/** Where a file is to be booked: the ledger, the party that owns and signs for the accounts, and the ledger's assets. */
export interface PlanTarget {
  /** Hexadecimal genesis id of the ledger. */
  readonly genesisId: string;
  readonly party: bigint;
  readonly assets: readonly LedgerAsset[];
}

/** Why one payment is not booked: an ISO 20022 external status reason code and what it means here. */
export interface PaymentRejection {
  readonly code: string;
  readonly detail: string;
}

/** What becomes of one payment: a transfer to sign, or a rejection; never both. */
export interface PaymentLine {
  readonly position: number;
  readonly path: string;
  readonly line: number;
  readonly groupId: string;
  readonly endToEndId: string;
  readonly instructionId: string | null;
  readonly debtorName: string;
  readonly debtorAccount: AccountReference;
  readonly creditorName: string;
  readonly creditorAccount: AccountReference | null;
  readonly remittance: string;
  readonly amountText: string;
  readonly currency: string;
  readonly amountMinor?: bigint;
  readonly transfer?: TransferDraft;
  readonly rejection?: PaymentRejection;
}

/** An account that a planned transfer needs. Opening one that is already open is harmless. */
export interface PlannedAccount {
  readonly account: AccountDraft;
  readonly reference: AccountReference;
  readonly name: string;
  readonly currency: string;
  /** Whether some payment of the file debits it, so that it needs cover. */
  readonly debited: boolean;
  /** The sum of the planned debits, minor units. */
  readonly debitsMinor: bigint;
}

/** A file ready to be signed. */
export interface PaymentPlan {
  readonly lines: readonly PaymentLine[];
  readonly accounts: readonly PlannedAccount[];
}

/** Account code of accounts opened for a payment file, and transfer code of its credit transfers. */
export const PAYMENT_CODES = { account: 1, transfer: 1 } as const;

const encoder = new TextEncoder();
const label = (text: string): Uint8Array => concatBytes(encoder.encode(text), new Uint8Array(1));
const u32 = (value: number): Uint8Array => new Writer(4).u32(value).finish();

/** The account that a reference names in one asset of one ledger: the same for every file that names it. */
export function paymentAccountId(genesisId: string, asset: number, reference: AccountReference): bigint {
  const name = encoder.encode(reference.value);
  return idFromHash(sha256(concatBytes(label('quorate/payment-account/1'), unhex(genesisId), u32(asset), name)));
}

/** The transfer of one payment: fixed by sender, message and position, so that one message can never book twice. */
export function paymentTransferId(genesisId: string, header: PaymentFileHeader, position: number): bigint {
  return idFromHash(
    sha256(
      concatBytes(
        label('quorate/payment/1'),
        unhex(genesisId),
        label(header.initiatingParty),
        label(header.messageId),
        u32(position),
      ),
    ),
  );
}

/** Plans every payment of a file: decides rejections that need no ledger, and names the accounts the transfers need. */
export function planPaymentFile(file: PaymentFile, target: PlanTarget): PaymentPlan {
  const accounts = new Map<bigint, PlannedAccount>();
  const reference = messageReference(target.genesisId, file);
  const lines = file.groups.flatMap((group) =>
    group.payments.map((payment) => {
      const line = planPayment(file, group, payment, target, reference);
      if (line.transfer !== undefined) noteAccounts(accounts, line, line.transfer, target.party);
      return line;
    }),
  );
  return { lines, accounts: Array.from(accounts.values()) };
}

/** Ties all transfers of one message together in their user data. */
function messageReference(genesisId: string, header: PaymentFileHeader): bigint {
  const parts = [
    label('quorate/payment-message/1'),
    unhex(genesisId),
    label(header.initiatingParty),
    label(header.messageId),
  ];
  return idFromHash(sha256(concatBytes(...parts)));
}

function planPayment(
  file: PaymentFile,
  group: PaymentGroup,
  payment: Payment,
  target: PlanTarget,
  reference: bigint,
): PaymentLine {
  const { currency, value } = payment.amount;
  const asset = assetOf(target.assets, currency);
  const scale = asset?.scale ?? currencyOf(currency)?.exponent;
  const amountMinor = scale === undefined ? undefined : toMinorUnits(value, scale);
  const line: PaymentLine = {
    position: payment.position,
    path: payment.path,
    line: payment.line,
    groupId: group.id,
    endToEndId: payment.endToEndId,
    instructionId: payment.instructionId,
    debtorName: group.debtorName,
    debtorAccount: group.debtorAccount,
    creditorName: payment.creditorName,
    creditorAccount: payment.creditorAccount,
    remittance: payment.remittance,
    amountText: payment.amount.text,
    currency,
    ...(amountMinor === undefined ? {} : { amountMinor }),
  };
  const rejection = rejectAmount(payment, asset) ?? rejectAccounts(group, payment);
  if (rejection !== null || asset === undefined || amountMinor === undefined || payment.creditorAccount === null) {
    return {
      ...line,
      rejection: rejection ?? { code: 'AM12', detail: `${payment.amount.text} ${currency} cannot be booked` },
    };
  }
  return {
    ...line,
    transfer: {
      id: paymentTransferId(target.genesisId, file, payment.position),
      debitAccount: paymentAccountId(target.genesisId, asset.id, group.debtorAccount),
      creditAccount: paymentAccountId(target.genesisId, asset.id, payment.creditorAccount),
      amount: amountMinor,
      pendingId: 0n,
      userData128: reference,
      userData64: 0n,
      userData32: payment.position,
      timeoutSeconds: 0,
      asset: asset.id,
      code: PAYMENT_CODES.transfer,
      flags: 0,
    },
  };
}

/** The asset of a currency; one that carries the currency's ISO number wins over one that only shares its code. */
function assetOf(assets: readonly LedgerAsset[], currency: string): LedgerAsset | undefined {
  const alike = assets.filter((asset) => asset.code === currency);
  return alike.find((asset) => asset.id === currencyOf(currency)?.numeric) ?? alike[0];
}

function rejectAmount(payment: Payment, asset: LedgerAsset | undefined): PaymentRejection | null {
  const { amount } = payment;
  const known = currencyOf(amount.currency);
  if (known === undefined) {
    return { code: 'AM11', detail: `${amount.currency} is not an active ISO 4217 currency` };
  }
  if (amount.kind === 'equivalent') {
    const detail = `the amount is stated in ${amount.currency} to be paid in ${amount.transferCurrency}, which needs an exchange rate; state the amount in the currency of the transfer`;
    return { code: 'AM03', detail };
  }
  if (amount.value.units === 0n) return { code: 'AM01', detail: 'the amount is zero' };
  if (toMinorUnits(amount.value, known.exponent) === undefined) {
    return { code: 'AM12', detail: `${amount.text} has more decimals than ${amount.currency} has (${known.exponent})` };
  }
  if (asset === undefined) {
    return { code: 'AM03', detail: `${amount.currency} is not an asset of this ledger` };
  }
  return toMinorUnits(amount.value, asset.scale) === undefined
    ? { code: 'AM12', detail: `${amount.text} has more decimals than the asset has (${asset.scale})` }
    : null;
}

function rejectAccounts(group: PaymentGroup, payment: Payment): PaymentRejection | null {
  if (group.method === 'CHK') return { code: 'AG03', detail: 'payment by cheque is not offered' };
  const debtorFault = accountFault(group.debtorAccount);
  if (debtorFault !== null) return { code: 'AC02', detail: `debtor account: ${debtorFault}` };
  if (payment.creditorAccount === null) return { code: 'AC03', detail: 'the payment names no creditor account' };
  const creditorFault = accountFault(payment.creditorAccount);
  if (creditorFault !== null) return { code: 'AC03', detail: `creditor account: ${creditorFault}` };
  return payment.creditorAccount.value === group.debtorAccount.value
    ? { code: 'AG01', detail: 'debtor and creditor account are the same' }
    : null;
}

function noteAccounts(
  accounts: Map<bigint, PlannedAccount>,
  line: PaymentLine,
  transfer: TransferDraft,
  party: bigint,
): void {
  const sides = [
    { id: transfer.debitAccount, reference: line.debtorAccount, name: line.debtorName, debits: transfer.amount },
    { id: transfer.creditAccount, reference: line.creditorAccount, name: line.creditorName, debits: 0n },
  ];
  for (const { id, reference, name, debits } of sides) {
    if (reference === null) continue;
    const before = accounts.get(id);
    accounts.set(id, {
      account: before?.account ?? customerAccount(id, party, transfer.asset),
      reference,
      name: before?.name ?? name,
      currency: line.currency,
      debited: debits > 0n || (before?.debited ?? false),
      debitsMinor: (before?.debitsMinor ?? 0n) + debits,
    });
  }
}

function customerAccount(id: bigint, party: bigint, asset: number): AccountDraft {
  return {
    id,
    party,
    asset,
    code: PAYMENT_CODES.account,
    // A customer's account can never be overdrawn, whoever signs.
    flags: ACCOUNT_FLAGS.debitsMustNotExceedCredits,
    userData128: 0n,
    userData64: 0n,
    userData32: 0,
  };
}
