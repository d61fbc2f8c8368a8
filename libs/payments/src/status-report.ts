import { RESULT_DEFINITIONS, type ResultName } from '@quorate/protocol';
import type { PaymentFile, PaymentFileHeader, PaymentGroup } from './payment-file';
import type { PaymentLine, PaymentRejection } from './plan';
import type { PaymentFileError } from './problem';

/** Settled, rejected, or not decided yet: the ISO 20022 transaction status of one payment. */
export type PaymentStatus = 'ACSC' | 'RJCT' | 'PDNG';

/** What became of the payment at `position`. */
export interface PaymentOutcome {
  readonly position: number;
  readonly status: PaymentStatus;
  readonly reason?: PaymentRejection;
  /** The ledger's reference, at most 35 characters: the transfer id. */
  readonly reference?: string;
  /** ISO 8601 time at which the ledger applied it. */
  readonly acceptedAt?: string;
}

/** Identity of the report itself. The caller supplies the clock. */
export interface ReportIdentity {
  /** At most 35 characters, unique per sender. */
  readonly messageId: string;
  /** ISO 8601 without fractions is understood everywhere. */
  readonly createdAt: string;
}

// ISO 20022 external status reasons for the results a customer can cause; any other result is told in words (NARR).
const reasons: Partial<Record<ResultName, string>> = {
  exceeds_credits: 'AM04',
  debit_account_not_found: 'AC02',
  credit_account_not_found: 'AC03',
  debit_account_not_owned: 'AG01',
  accounts_must_be_different: 'AG01',
  id_already_failed: 'AM05',
  exists_with_different_amount: 'AM05',
  exists_with_different_debit_account_id: 'AM05',
  exists_with_different_credit_account_id: 'AM05',
};

/** The outcome of a planned payment from the ledger's result. `exists` means that this very transfer was booked before. */
export function outcomeOf(line: PaymentLine, result: ResultName | null): PaymentOutcome {
  if (line.rejection !== undefined) return { position: line.position, status: 'RJCT', reason: line.rejection };
  if (result === null || line.transfer === undefined) return { position: line.position, status: 'PDNG' };
  const reference = line.transfer.id.toString(16).padStart(32, '0');
  if (result === 'applied' || result === 'exists') return { position: line.position, status: 'ACSC', reference };
  const detail = `${RESULT_DEFINITIONS[result].meaning.replace('Not applied: ', '')} (${result})`;
  const reason = { code: reasons[result] ?? 'NARR', detail };
  return { position: line.position, status: 'RJCT', reason, reference };
}

/** The pain.002 status report of a file that was taken in; payments without an outcome are pending. */
export function statusReport(file: PaymentFile, outcomes: readonly PaymentOutcome[], identity: ReportIdentity): string {
  const byPosition = new Map(outcomes.map((outcome) => [outcome.position, outcome]));
  const statuses = file.groups.flatMap((group) => statusesOf(group, byPosition));
  const note = file.countAcknowledged
    ? reasonElement({
        code: 'NARR',
        detail: `the file states ${file.statedCount} and holds ${file.paymentCount} transactions; the sender acknowledged ${file.paymentCount}`,
      })
    : '';
  const groups = file.groups.map((group) => {
    const transactions = group.payments.map((payment) =>
      transactionElement(
        payment.instructionId,
        payment.endToEndId,
        byPosition.get(payment.position) ?? { position: payment.position, status: 'PDNG' },
      ),
    );
    const status = element('PmtInfSts', groupStatus(statusesOf(group, byPosition)));
    return `<OrgnlPmtInfAndSts>${element('OrgnlPmtInfId', group.id)}${status}${transactions.join('')}</OrgnlPmtInfAndSts>`;
  });
  return document(file, identity, element('GrpSts', groupStatus(statuses)) + note, groups.join(''));
}

/** The pain.002 status report of a file that was refused as a whole. */
export function refusalReport(
  header: PaymentFileHeader,
  errors: readonly PaymentFileError[],
  identity: ReportIdentity,
): string {
  const told = errors.map((error) =>
    reasonElement({ code: error.isoCode, detail: `line ${error.line}: ${error.detail}` }),
  );
  return document(header, identity, element('GrpSts', 'RJCT') + told.join(''), '');
}

function statusesOf(group: PaymentGroup, outcomes: ReadonlyMap<number, PaymentOutcome>): PaymentStatus[] {
  return group.payments.map((payment) => outcomes.get(payment.position)?.status ?? 'PDNG');
}

function groupStatus(statuses: readonly PaymentStatus[]): PaymentStatus | 'PART' {
  const [first] = statuses;
  if (first !== undefined && statuses.every((status) => status === first)) return first;
  return statuses.includes('PDNG') && !statuses.includes('RJCT') ? 'PDNG' : 'PART';
}

function document(header: PaymentFileHeader, identity: ReportIdentity, status: string, groups: string): string {
  const version = header.dialect === 'pain.001.001.09' ? '10' : '03';
  const original = header.dialect === 'pain.001.001.09' ? 'pain.001.001.09' : 'pain.001.001.03';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.${version}"><CstmrPmtStsRpt>`,
    `<GrpHdr>${element('MsgId', identity.messageId)}${element('CreDtTm', identity.createdAt)}</GrpHdr>`,
    `<OrgnlGrpInfAndSts>${element('OrgnlMsgId', header.messageId)}${element('OrgnlMsgNmId', original)}`,
    element('OrgnlCreDtTm', header.createdAt),
    element('OrgnlNbOfTxs', String(header.statedCount)),
    header.statedControlSum === null ? '' : element('OrgnlCtrlSum', header.statedControlSum),
    `${status}</OrgnlGrpInfAndSts>${groups}</CstmrPmtStsRpt></Document>\n`,
  ].join('');
}

function transactionElement(instructionId: string | null, endToEndId: string, outcome: PaymentOutcome): string {
  return [
    '<TxInfAndSts>',
    instructionId === null ? '' : element('OrgnlInstrId', instructionId),
    element('OrgnlEndToEndId', endToEndId),
    element('TxSts', outcome.status),
    outcome.reason === undefined ? '' : reasonElement(outcome.reason),
    outcome.acceptedAt === undefined ? '' : element('AccptncDtTm', outcome.acceptedAt),
    outcome.reference === undefined ? '' : element('AcctSvcrRef', outcome.reference),
    '</TxInfAndSts>',
  ].join('');
}

/** Additional information comes in pieces of at most 105 characters. */
function reasonElement(reason: PaymentRejection): string {
  const pieces = (reason.detail.match(/[\s\S]{1,105}/gu) ?? []).slice(0, 5);
  const information = pieces.map((piece) => element('AddtlInf', piece)).join('');
  return `<StsRsnInf><Rsn>${element('Cd', reason.code)}</Rsn>${information}</StsRsnInf>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

function element(name: string, text: string): string {
  return `<${name}>${text.replace(/[&<>"\r]/g, (character) => ESCAPES[character])}</${name}>`;
}
