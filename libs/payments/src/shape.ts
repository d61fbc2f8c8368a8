/** What a place of a message may hold. `open` is not looked into: data we neither need nor judge. */
export type Shape =
  | { readonly kind: 'open' }
  | { readonly kind: 'text'; readonly pattern: RegExp; readonly expects: string; readonly currency: boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly children: readonly Rule[] };

/** One allowed child: in a sequence in this order and this often, in a choice exactly one of them. */
export interface Rule {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly shape: Shape;
}

const MANY = Number.MAX_SAFE_INTEGER;
const OPEN: Shape = { kind: 'open' };

const text = (pattern: RegExp, expects: string, currency = false): Shape => ({
  kind: 'text',
  pattern,
  expects,
  currency,
});
const maxText = (length: number): Shape =>
  text(new RegExp(`^[\\s\\S]{1,${length}}$`, 'u'), `1 to ${length} characters`);
const sequence = (...children: Rule[]): Shape => ({ kind: 'sequence', children });
const choice = (...children: Rule[]): Shape => ({ kind: 'choice', children });
const one = (name: string, shape: Shape): Rule => ({ name, min: 1, max: 1, shape });
const optional = (name: string, shape: Shape = OPEN): Rule => ({ name, min: 0, max: 1, shape });
const many = (name: string, shape: Shape = OPEN, min = 0, max = MANY): Rule => ({ name, min, max, shape });

const ZONE = '(?:Z|[+-]\\d{2}:\\d{2})?';
const DATE = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const max35 = maxText(35);
const currencyCode = text(/^[A-Z]{3}$/, 'a currency code of three capital letters');
const count = text(/^[0-9]{1,15}$/, '1 to 15 digits');
const decimal = text(/^[+-]?(?:\d{1,18}(?:\.\d{0,17})?)$/, 'a decimal number of at most 18 digits');
const date = text(new RegExp(`^${DATE}${ZONE}$`), 'a date such as 2026-01-31');
const dateTime = text(
  new RegExp(`^${DATE}T(?:[01]\\d|2[0-4]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?${ZONE}$`),
  'a date and time such as 2026-01-31T12:00:00Z',
);
// The sign is read here and refused by the value's own check, which can say why.
const amount = text(
  /^[+-]?\d{1,18}(?:\.\d{0,5})?$/,
  'an amount of at most 18 digits, at most 5 of them decimals',
  true,
);

const account = sequence(
  one(
    'Id',
    choice(
      // An invalid IBAN rejects its payment, not the file, so that only its length is bound here.
      one('IBAN', maxText(64)),
      one('Othr', sequence(one('Id', maxText(34)), optional('SchmeNm'), optional('Issr', max35))),
    ),
  ),
  optional('Tp'),
  optional('Ccy', currencyCode),
  optional('Nm', maxText(70)),
  optional('Prxy'),
);

const party = sequence(
  optional('Nm', maxText(140)),
  optional('PstlAdr'),
  optional('Id'),
  optional('CtryOfRes'),
  optional('CtctDtls'),
);

const creditTransfer = sequence(
  one('PmtId', sequence(optional('InstrId', max35), one('EndToEndId', max35), optional('UETR', maxText(36)))),
  optional('PmtTpInf'),
  one(
    'Amt',
    choice(one('InstdAmt', amount), one('EqvtAmt', sequence(one('Amt', amount), one('CcyOfTrf', currencyCode)))),
  ),
  optional('XchgRateInf'),
  optional('ChrgBr', text(/^(DEBT|CRED|SHAR|SLEV)$/, 'one of DEBT, CRED, SHAR, SLEV')),
  optional('ChqInstr'),
  optional('UltmtDbtr', party),
  ...['IntrmyAgt1', 'IntrmyAgt1Acct', 'IntrmyAgt2', 'IntrmyAgt2Acct', 'IntrmyAgt3', 'IntrmyAgt3Acct'].map((name) =>
    optional(name),
  ),
  optional('CdtrAgt'),
  optional('CdtrAgtAcct'),
  optional('Cdtr', party),
  optional('CdtrAcct', account),
  optional('UltmtCdtr', party),
  many('InstrForCdtrAgt'),
  optional('InstrForDbtrAgt', maxText(140)),
  optional('Purp'),
  many('RgltryRptg', OPEN, 0, 10),
  optional('Tax'),
  many('RltdRmtInf', OPEN, 0, 10),
  optional('RmtInf', sequence(many('Ustrd', maxText(140)), many('Strd'))),
  many('SplmtryData'),
);

function paymentInformation(executionDate: Shape): Shape {
  return sequence(
    one('PmtInfId', max35),
    one('PmtMtd', text(/^(CHK|TRF|TRA)$/, 'one of CHK, TRF, TRA')),
    optional('BtchBookg', text(/^(true|false|0|1)$/, 'true or false')),
    optional('NbOfTxs', count),
    optional('CtrlSum', decimal),
    optional('PmtTpInf'),
    one('ReqdExctnDt', executionDate),
    optional('PoolgAdjstmntDt', date),
    one('Dbtr', party),
    one('DbtrAcct', account),
    one('DbtrAgt', OPEN),
    optional('DbtrAgtAcct'),
    optional('InstrForDbtrAgt', maxText(140)),
    optional('UltmtDbtr', party),
    optional('ChrgBr', text(/^(DEBT|CRED|SHAR|SLEV)$/, 'one of DEBT, CRED, SHAR, SLEV')),
    optional('ChrgsAcct'),
    optional('ChrgsAcctAgt'),
    many('CdtTrfTxInf', creditTransfer, 1),
  );
}

function documentShape(executionDate: Shape): Shape {
  const groupHeader = sequence(
    one('MsgId', max35),
    one('CreDtTm', dateTime),
    many('Authstn', OPEN, 0, 2),
    one('NbOfTxs', count),
    optional('CtrlSum', decimal),
    one('InitgPty', party),
    optional('FwdgAgt'),
  );
  return sequence(
    one(
      'CstmrCdtTrfInitn',
      sequence(one('GrpHdr', groupHeader), many('PmtInf', paymentInformation(executionDate), 1), many('SplmtryData')),
    ),
  );
}

/** A credit transfer initiation message that is understood. */
export type PaymentDialect = 'pain.001.001.03' | 'pain.001.001.09' | 'pain.001.001.03.ch.02';

const shapes: Readonly<Record<PaymentDialect, Shape>> = {
  'pain.001.001.03': documentShape(date),
  'pain.001.001.03.ch.02': documentShape(date),
  'pain.001.001.09': documentShape(choice(one('Dt', date), one('DtTm', dateTime))),
};

const namespaces: ReadonlyMap<string, PaymentDialect> = new Map([
  ['urn:iso:std:iso:20022:tech:xsd:pain.001.001.03', 'pain.001.001.03'],
  ['urn:iso:std:iso:20022:tech:xsd:pain.001.001.09', 'pain.001.001.09'],
  ['http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd', 'pain.001.001.03.ch.02'],
]);

/** The dialect of a document namespace, or undefined when it is none of ours. */
export function dialectOf(namespace: string): PaymentDialect | undefined {
  return namespaces.get(namespace);
}

/** The shape of the `Document` element in a dialect. */
export function shapeOf(dialect: PaymentDialect): Shape {
  return shapes[dialect];
}
