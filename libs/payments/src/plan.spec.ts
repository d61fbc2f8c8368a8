import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePaymentFile } from './parse';
import type { PaymentFile } from './payment-file';
import { planPaymentFile, type PlanTarget } from './plan';
import { outcomeOf, refusalReport, statusReport } from './status-report';
import { parseXmlTree } from './xml-tree';

const shared = join(__dirname, '../../../../shared/iso20022');
const BANK_SAMPLE = join(shared, 'samples/postfinance-pain.001.001.03.ch.02.xml');
const sample = readFileSync(join(__dirname, '../samples/velowerk-pain.001.001.09.xml'), 'utf8');
const XMLLINT = '/usr/bin/xmllint';

const target: PlanTarget = {
  genesisId: 'ab'.repeat(32),
  party: 1n,
  assets: [
    { id: 756, code: 'CHF', scale: 2 },
    { id: 978, code: 'EUR', scale: 4 },
  ],
};

function read(xml: string, acceptTransactionCount?: number): PaymentFile {
  const result = parsePaymentFile(xml, { acceptTransactionCount });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.file;
}

const codes = (file: PaymentFile, to = target): (string | undefined)[] =>
  planPaymentFile(file, to).lines.map((line) => line.rejection?.code);

/** The sample with one text replaced and its totals left out, so that only the payment itself is judged. */
const changed = (from: string, to: string): PaymentFile =>
  read(sample.replace(/\s*<CtrlSum>.*<\/CtrlSum>/g, '').replace(from, to));

describe('planPaymentFile', () => {
  it('plans transfers in minor units of each asset and the accounts they need', () => {
    const plan = planPaymentFile(read(sample), target);
    expect(plan.lines.map((line) => line.transfer?.amount)).toEqual([
      520000n,
      472535n,
      322535n,
      84215n,
      6152000n,
      3300000n,
    ]);
    expect(plan.accounts).toHaveLength(8);
    const debtors = plan.accounts.filter((account) => account.debited);
    expect(debtors.map(({ currency, debitsMinor }) => [currency, debitsMinor])).toEqual([
      ['CHF', 1399285n],
      ['EUR', 9452000n],
    ]);
    expect(new Set(plan.lines.map((line) => line.transfer?.id)).size).toBe(6);
  });

  it('gives the same ids again, and others for another message, ledger or position', () => {
    const ids = (file: PaymentFile, to = target): (bigint | undefined)[] =>
      planPaymentFile(file, to).lines.map((line) => line.transfer?.id);
    const first = ids(read(sample));
    expect(ids(read(sample))).toEqual(first);
    const others = [
      ...ids(changed('2026-11-0001', '2026-11-0002')),
      ...ids(read(sample), { ...target, genesisId: 'cd'.repeat(32) }),
    ];
    expect(others.some((id) => first.includes(id))).toBe(false);
  });

  it.each<[string, string, string, string]>([
    ['a wrong check digit of the creditor', 'CH5200790042418123456', 'CH5300790042418123456', 'AC03'],
    ['an unknown currency', 'Ccy="CHF">5200.00', 'Ccy="QQQ">5200.00', 'AM11'],
    ['a currency that the ledger does not have', 'Ccy="CHF">5200.00', 'Ccy="USD">5200.00', 'AM03'],
    ['too many decimals', '5200.00', '5200.001', 'AM12'],
    ['zero', '5200.00', '0.00', 'AM01'],
    ['a payment to itself', 'CH5200790042418123456', 'CH3880808001234567890', 'AG01'],
  ])('rejects %s alone', (_name, from, to, code) => {
    expect(codes(changed(from, to))).toEqual([code, ...Array.from({ length: 5 }, () => undefined)]);
  });

  it('rejects every payment of a debtor account that cannot exist', () => {
    expect(codes(changed('CH3880808001234567890', 'CH3980808001234567890'))).toEqual([
      'AC02',
      'AC02',
      'AC02',
      undefined,
      undefined,
      undefined,
    ]);
  });

  (existsSync(BANK_SAMPLE) ? it : it.skip)("judges each line of a bank's sample", () => {
    const file = read(readFileSync(BANK_SAMPLE, 'utf8'), 8);
    expect(codes(file)).toEqual([undefined, undefined, undefined, undefined, 'AC03', 'AM03', undefined, 'AG01']);
  });
});

describe('statusReport', () => {
  const identity = { messageId: 'REPORT-1', createdAt: '2026-11-22T10:00:00Z' };

  function report(file: PaymentFile): string {
    const { lines } = planPaymentFile(file, target);
    const results = ['applied', 'exceeds_credits', null] as const;
    return statusReport(
      file,
      lines.map((line, index) => outcomeOf(line, results[index % 3])),
      identity,
    );
  }

  it('tells the outcome of each payment', () => {
    const xml = report(changed('CH5200790042418123456', 'CH5300790042418123456'));
    expect(xml).toContain('<OrgnlMsgId>VELOWERK-2026-11-0001</OrgnlMsgId>');
    expect(xml).toContain('<GrpSts>PART</GrpSts>');
    expect(xml.match(/<TxSts>(\w+)/g)).toEqual(
      ['RJCT', 'RJCT', 'PDNG', 'ACSC', 'RJCT', 'PDNG'].map((status) => `<TxSts>${status}`),
    );
    expect(xml.match(/<Cd>(\w+)/g)).toEqual(['<Cd>AC03', '<Cd>AM04', '<Cd>AM04']);
  });

  it('counts a transfer that was booked before as settled', () => {
    const file = read(sample);
    const outcomes = planPaymentFile(file, target).lines.map((line) => outcomeOf(line, 'exists'));
    expect(statusReport(file, outcomes, identity)).toContain('<GrpSts>ACSC</GrpSts>');
  });

  it('escapes what the sender wrote', () => {
    const xml = report(changed('E2E-SALA-01', '&lt;b&gt; &amp; "q"'));
    expect(xml).toContain('<OrgnlEndToEndId>&lt;b&gt; &amp; &quot;q&quot;</OrgnlEndToEndId>');
    expect(parseXmlTree(xml).name).toBe('Document');
  });

  const canValidate = existsSync(XMLLINT) && existsSync(join(shared, 'xsd'));
  (canValidate ? it : it.skip)('is valid against the schemas', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-report-'));
    const refused = parsePaymentFile(sample.replace('<NbOfTxs>6', '<NbOfTxs>5'));
    if (refused.ok || refused.header === null) throw new Error('the file must be refused');
    const reports = [
      ['pain.002.001.10', report(read(sample))],
      ['pain.002.001.10', refusalReport(refused.header, refused.errors, identity)],
      ...(existsSync(BANK_SAMPLE) ? [['pain.002.001.03', report(read(readFileSync(BANK_SAMPLE, 'utf8'), 8))]] : []),
    ];
    for (const [schema, xml] of reports) {
      const path = join(folder, 'report.xml');
      writeFileSync(path, xml);
      execFileSync(XMLLINT, ['--noout', '--nonet', '--schema', join(shared, 'xsd', `${schema}.xsd`), path], {
        stdio: 'pipe',
      });
    }
    rmSync(folder, { recursive: true });
  });
});
