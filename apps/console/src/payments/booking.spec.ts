import { parsePaymentFile, planPaymentFile } from '@quorate/payments';
import { formatId } from '@quorate/protocol';
import type { AccountView, SubmitResult } from '@quorate/sdk';
import { batchesOf, bookable, countPayments, prepare, totalsByCurrency, transfersOf, withResults } from './booking';

const payment = (endToEndId: string, amount: string, creditor: string) => `
      <CdtTrfTxInf>
        <PmtId><EndToEndId>${endToEndId}</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="CHF">${amount}</InstdAmt></Amt>
        <Cdtr><Nm>${endToEndId} AG</Nm></Cdtr>
        <CdtrAcct><Id><IBAN>${creditor}</IBAN></Id></CdtrAcct>
      </CdtTrfTxInf>`;

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03">
  <CstmrCdtTrfInitn>
    <GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-11-22T10:00:00</CreDtTm><NbOfTxs>3</NbOfTxs><InitgPty><Nm>Acme</Nm></InitgPty></GrpHdr>
    <PmtInf>
      <PmtInfId>B-1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt>2026-11-23</ReqdExctnDt>
      <Dbtr><Nm>Acme</Nm></Dbtr><DbtrAcct><Id><IBAN>CH9300762011623852957</IBAN></Id></DbtrAcct>
      <DbtrAgt><FinInstnId><BIC>POFICHBEXXX</BIC></FinInstnId></DbtrAgt>
      ${payment('E-1', '6.20', 'DE89370400440532013000')}
      ${payment('E-2', '10.005', 'DE89370400440532013000')}
      ${payment('E-3', '3.80', 'GB29NWBK60161331926819')}
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>`;

function planned() {
  const parsed = parsePaymentFile(xml);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const assets = [{ id: 756, code: 'CHF', scale: 2 }];
  return planPaymentFile(parsed.file, { genesisId: '07'.repeat(32), party: 1n, assets });
}

const accountView = (id: bigint, credits: string): AccountView => ({
  id: formatId(id),
  party: formatId(1n),
  asset: 756,
  code: 1,
  flags: 2,
  userData64: '0',
  userData32: 0,
  frozen: false,
  userData128: formatId(0n),
  debitsPostedMinor: '0',
  creditsPostedMinor: credits,
  debitsPendingMinor: '0',
  creditsPendingMinor: '0',
  timestampNs: '1',
});

describe('booking a payment file', () => {
  it('counts payments whatever prefix the file uses', () => {
    expect(countPayments(xml)).toBe(3);
    expect(countPayments('<a:CdtTrfTxInf>x</a:CdtTrfTxInf><a:CdtTrfTxInf xmlns:b="c"/><CdtTrfTxInfo/>')).toBe(2);
  });

  it('names the accounts to open and what the debtor lacks', () => {
    const plan = planned();
    expect(bookable(plan.lines).map(({ position }) => position)).toEqual([1, 3]);
    expect(totalsByCurrency(plan.lines)).toEqual([['CHF', 1_000n]]);
    const before = prepare(plan, []);
    expect(before.absent).toHaveLength(3);
    expect(before.shortfalls.map(({ missingMinor }) => missingMinor)).toEqual([1_000n]);
    const debtor = before.shortfalls[0].planned.account.id;
    const after = prepare(plan, [accountView(debtor, '400')]);
    expect(after.absent).toHaveLength(2);
    expect(after.shortfalls.map(({ missingMinor }) => missingMinor)).toEqual([600n]);
    expect(prepare(plan, [accountView(debtor, '1000')]).shortfalls).toEqual([]);
  });

  it('puts each result on its line', () => {
    const lines = bookable(planned().lines);
    expect(transfersOf(lines).map(({ kind }) => kind)).toEqual(['create_transfer', 'create_transfer']);
    const answer = {
      results: [
        { index: 0, code: 'applied' },
        { index: 1, code: 'exceeds_credits' },
      ],
    } as unknown as SubmitResult;
    expect([...withResults(new Map(), lines, answer)]).toEqual([
      [1, 'applied'],
      [3, 'exceeds_credits'],
    ]);
  });

  it('splits into bounded batches without losing one', () => {
    const items = Array.from({ length: 1_001 }, (_, index) => index);
    expect(batchesOf(items).map(({ length }) => length)).toEqual([500, 500, 1]);
    expect(batchesOf(items).flat()).toEqual(items);
  });
});
