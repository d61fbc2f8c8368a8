import { AMOUNT_LIMITS, equalDecimals, formatMinorUnits, parseDecimal, sumDecimals, type Decimal } from './amount';
import type {
  AccountReference,
  Payment,
  PaymentFile,
  PaymentFileHeader,
  PaymentFileResult,
  PaymentGroup,
  StatedAmount,
} from './payment-file';
import { PaymentFileProblem, type PaymentFileError } from './problem';
import { dialectOf, shapeOf, type PaymentDialect } from './shape';
import { FaultList, validateElement } from './validate';
import { decodeXml, scanMarkup } from './xml-scan';
import { parseXmlTree, type XmlElement } from './xml-tree';

/** Named maxima of one payment file. */
export const PAYMENT_FILE_LIMITS = { paymentsMax: 5_000 } as const;

/** Choices of the reader. */
export interface ParseOptions {
  /**
   * Accepts a file whose stated number of transactions is wrong, if it holds exactly this many. Never the default: a
   * wrong number usually means a truncated or doubled file. A wrong control sum is never accepted.
   */
  readonly acceptTransactionCount?: number;
}

/** Reads a pain.001 credit transfer initiation. A structural fault, a wrong sum or a wrong count refuses the whole file. */
export function parsePaymentFile(source: string | Uint8Array, options: ParseOptions = {}): PaymentFileResult {
  let lineOf = (_offset: number): number => 1;
  try {
    const xml = decodeXml(source);
    lineOf = lineCounter(xml);
    scanMarkup(xml);
    const { document, dialect } = recognize(parseXmlTree(xml));
    const faults = new FaultList(lineOf);
    validateElement(document, shapeOf(dialect), '/Document', faults);
    const header = faults.errors.length === 0 ? readHeader(document, dialect) : null;
    if (header === null) return { ok: false, errors: faults.errors, header: null };
    const file = readFile(document, header, lineOf, faults);
    checkTotals(document, file, options, faults);
    if (faults.errors.length > 0) return { ok: false, errors: faults.errors, header };
    return { ok: true, file: { ...file, countAcknowledged: header.statedCount !== file.paymentCount } };
  } catch (error) {
    if (!(error instanceof PaymentFileProblem)) throw error;
    const fault: PaymentFileError = {
      code: error.code,
      isoCode: 'FF01',
      line: lineOf(error.offset),
      path: '/',
      detail: error.message,
    };
    return { ok: false, errors: [fault], header: null };
  }
}

/** Turns offsets into line numbers in logarithmic time. */
function lineCounter(xml: string): (offset: number) => number {
  const starts: number[] = [0];
  for (let end = xml.indexOf('\n'); end >= 0; end = xml.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** Finds the dialect by the root's namespace and removes the namespace prefix that the file uses for it. */
function recognize(root: XmlElement): { document: XmlElement; dialect: PaymentDialect } {
  const [prefix, local] = root.name.includes(':') ? root.name.split(':') : ['', root.name];
  const namespace = root.attributes.get(prefix === '' ? 'xmlns' : `xmlns:${prefix}`) ?? '';
  const dialect = dialectOf(namespace);
  if (local !== 'Document' || dialect === undefined) {
    const detail = `the root must be Document of pain.001.001.03, pain.001.001.09 or pain.001.001.03.ch.02, not {${namespace}}${local}`;
    throw new PaymentFileProblem('FILE_DIALECT_UNKNOWN', root.offset, detail);
  }
  return { document: withoutPrefix(root, prefix, true), dialect };
}

function withoutPrefix(element: XmlElement, prefix: string, isRoot: boolean): XmlElement {
  const declaration = prefix === '' ? 'xmlns' : `xmlns:${prefix}`;
  if (!isRoot && element.attributes.has(declaration)) {
    // Foreign data under SplmtryData may do this; its names are never looked at.
    return { ...element, name: `foreign:${element.name}`, children: [] };
  }
  const start = prefix === '' ? '' : `${prefix}:`;
  const name = element.name.startsWith(start) ? element.name.slice(start.length) : `foreign:${element.name}`;
  return { ...element, name, children: element.children.map((child) => withoutPrefix(child, prefix, false)) };
}

function child(element: XmlElement | undefined, ...names: string[]): XmlElement | undefined {
  let current = element;
  for (const name of names) current = current?.children.find((candidate) => candidate.name === name);
  return current;
}

function textOf(element: XmlElement | undefined, ...names: string[]): string {
  return child(element, ...names)?.text.trim() ?? '';
}

function readHeader(document: XmlElement, dialect: PaymentDialect): PaymentFileHeader {
  const header = child(document, 'CstmrCdtTrfInitn', 'GrpHdr');
  const initiator = child(header, 'InitgPty');
  const controlSum = child(header, 'CtrlSum');
  return {
    dialect,
    messageId: textOf(header, 'MsgId'),
    createdAt: textOf(header, 'CreDtTm'),
    statedCount: Number(textOf(header, 'NbOfTxs')),
    statedControlSum: controlSum === undefined ? null : controlSum.text.trim(),
    initiatingParty: textOf(initiator, 'Nm') || allText(child(initiator, 'Id')),
  };
}

/** All text below an element: identifies an initiating party that states no name. */
function allText(element: XmlElement | undefined): string {
  if (element === undefined) return '';
  const parts = [element.text.trim(), ...element.children.map(allText)];
  return parts.filter((part) => part !== '').join(' ');
}

function readFile(
  document: XmlElement,
  header: PaymentFileHeader,
  lineOf: (offset: number) => number,
  faults: FaultList,
): PaymentFile {
  const initiation = child(document, 'CstmrCdtTrfInitn');
  const blocks = initiation?.children.filter(({ name }) => name === 'PmtInf') ?? [];
  let paymentCount = 0;
  const groups = blocks.map((block, blockIndex): PaymentGroup => {
    const path = `/Document/CstmrCdtTrfInitn/PmtInf[${blockIndex + 1}]`;
    const transfers = block.children.filter(({ name }) => name === 'CdtTrfTxInf');
    const first = paymentCount + 1;
    paymentCount += transfers.length;
    if (paymentCount > PAYMENT_FILE_LIMITS.paymentsMax) {
      const detail = `more than ${PAYMENT_FILE_LIMITS.paymentsMax} payments; split the file`;
      throw new PaymentFileProblem('FILE_TOO_MANY_PAYMENTS', block.offset, detail);
    }
    return {
      id: textOf(block, 'PmtInfId'),
      line: lineOf(block.offset),
      path,
      method: textOf(block, 'PmtMtd') as PaymentGroup['method'],
      executionDate: allText(child(block, 'ReqdExctnDt')),
      debtorName: textOf(block, 'Dbtr', 'Nm'),
      debtorAccount: readAccount(child(block, 'DbtrAcct')) ?? { kind: 'other', value: '' },
      payments: transfers.map((transfer, index) =>
        readPayment(transfer, first + index, `${path}/CdtTrfTxInf[${index + 1}]`, lineOf, faults),
      ),
    };
  });
  return { ...header, paymentCount, countAcknowledged: false, groups };
}

function readPayment(
  element: XmlElement,
  position: number,
  path: string,
  lineOf: (offset: number) => number,
  faults: FaultList,
): Payment {
  const instructionId = child(element, 'PmtId', 'InstrId');
  const remittance = child(element, 'RmtInf');
  const unstructured = remittance?.children.filter(({ name }) => name === 'Ustrd') ?? [];
  return {
    position,
    line: lineOf(element.offset),
    path,
    instructionId: instructionId === undefined ? null : instructionId.text.trim(),
    endToEndId: textOf(element, 'PmtId', 'EndToEndId'),
    amount: readAmount(element, path, faults),
    creditorName: textOf(element, 'Cdtr', 'Nm'),
    creditorAccount: readAccount(child(element, 'CdtrAcct')),
    remittance:
      unstructured.map(({ text }) => text.trim()).join(' ') || textOf(remittance, 'Strd', 'CdtrRefInf', 'Ref'),
  };
}

function readAmount(element: XmlElement, path: string, faults: FaultList): StatedAmount {
  const equivalent = child(element, 'Amt', 'EqvtAmt');
  const stated = equivalent === undefined ? child(element, 'Amt', 'InstdAmt') : child(equivalent, 'Amt');
  const place = equivalent === undefined ? `${path}/Amt/InstdAmt` : `${path}/Amt/EqvtAmt/Amt`;
  const text = textOf(stated);
  const value = parseDecimal(text, AMOUNT_LIMITS.digitsMax, AMOUNT_LIMITS.fractionDigitsMax);
  if (value === undefined || value.units < 0n) {
    const detail = value === undefined ? 'at most 18 digits are allowed' : 'an amount cannot be negative';
    faults.add(stated ?? element, place, 'AMOUNT_INVALID', detail, 'AM12');
  }
  const base = { currency: stated?.attributes.get('Ccy') ?? '', text, value: value ?? { units: 0n, scale: 0 } };
  if (equivalent === undefined) return { kind: 'instructed', ...base };
  return { kind: 'equivalent', ...base, transferCurrency: textOf(equivalent, 'CcyOfTrf') };
}

function readAccount(element: XmlElement | undefined): AccountReference | null {
  const iban = child(element, 'Id', 'IBAN');
  if (iban !== undefined) return { kind: 'iban', value: iban.text.replace(/\s+/g, '').toUpperCase() };
  const other = child(element, 'Id', 'Othr', 'Id');
  return other === undefined ? null : { kind: 'other', value: other.text.trim() };
}

function checkTotals(document: XmlElement, file: PaymentFile, options: ParseOptions, faults: FaultList): void {
  const path = '/Document/CstmrCdtTrfInitn';
  const initiation = child(document, 'CstmrCdtTrfInitn');
  const header = child(initiation, 'GrpHdr');
  const payments = file.groups.flatMap((group) => group.payments);
  checkSum(child(header, 'CtrlSum'), payments, `${path}/GrpHdr/CtrlSum`, 'AM16', faults);
  const count = child(header, 'NbOfTxs');
  const acknowledged = options.acceptTransactionCount;
  if (count !== undefined && (acknowledged ?? file.statedCount) !== file.paymentCount) {
    const claim = acknowledged === undefined ? `states ${file.statedCount}` : `was acknowledged as ${acknowledged}`;
    const detail =
      `the file ${claim} but holds ${file.paymentCount} transactions; ` +
      `if ${file.paymentCount} is right, acknowledge it with acceptTransactionCount ${file.paymentCount}`;
    faults.add(count, `${path}/GrpHdr/NbOfTxs`, 'FILE_COUNT_MISMATCH', detail, 'AM19');
  }
  const blocks = initiation?.children.filter(({ name }) => name === 'PmtInf') ?? [];
  blocks.forEach((block, index) => {
    const group = file.groups[index];
    checkSum(child(block, 'CtrlSum'), group.payments, `${group.path}/CtrlSum`, 'AM17', faults);
    const groupCount = child(block, 'NbOfTxs');
    if (groupCount === undefined || Number(groupCount.text.trim()) === group.payments.length) return;
    const detail = `the block states ${groupCount.text.trim()} but holds ${group.payments.length} transactions`;
    faults.add(groupCount, `${group.path}/NbOfTxs`, 'FILE_COUNT_MISMATCH', detail, 'AM20');
  });
}

/** ISO 20022: the sum of all amounts irrespective of their currencies. */
function checkSum(
  element: XmlElement | undefined,
  payments: readonly Payment[],
  path: string,
  isoCode: string,
  faults: FaultList,
): void {
  if (element === undefined) return;
  const stated = parseDecimal(element.text.trim(), 18, 17);
  const found = sumDecimals(payments.map((payment) => payment.amount.value));
  if (stated !== undefined && equalDecimals(stated, found)) return;
  const detail = `the control sum is stated as ${element.text.trim()} but the amounts add up to ${writeDecimal(found)}`;
  faults.add(element, path, 'FILE_CONTROL_SUM_MISMATCH', detail, isoCode);
}

function writeDecimal(value: Decimal): string {
  return formatMinorUnits(value.units, value.scale);
}
