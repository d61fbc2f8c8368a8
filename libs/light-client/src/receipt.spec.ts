import { concatBytes, hex, pairHash, unhex } from '@quorate/crypto';
import { accountHalf, formatId, receiptAccount, type AccountAfter, type Receipt } from '@quorate/protocol';
import { provenLedger } from '../test/proven-ledger';
import { verifyReceipt, type ProvenOutcome } from './receipt';

const { anchor, receipts } = provenLedger();
/** A transfer between two accounts, one of which had pending sums before. */
const receipt = receipts[8];
const expiry = receipts[9];

function verified(value: Receipt): ProvenOutcome {
  const outcome = verifyReceipt(value, anchor);
  if (!outcome.ok) throw new Error(outcome.detail);
  return outcome;
}

function accountAfter(value: Receipt, side: 'debit' | 'credit'): AccountAfter {
  const after = verified(value)[side]?.after;
  if (after === null || after === undefined) throw new Error('the side is open');
  return after;
}

/** Every text that differs from `text` in one hexadecimal digit. */
function flippedDigits(text: string): string[] {
  return Array.from(text, (digit, index) => {
    const flipped = (Number.parseInt(digit, 16) ^ 1).toString(16);
    return text.slice(0, index) + flipped + text.slice(index + 1);
  });
}

function withRecord(change: Partial<Receipt['record']>): Receipt {
  return { ...receipt, record: { ...receipt.record, ...change } };
}

describe('verifyReceipt', () => {
  it('proves every result of every block against the anchor', () => {
    for (const each of receipts) {
      const outcome = verifyReceipt(JSON.parse(JSON.stringify(each)), anchor);
      expect(outcome).toMatchObject({
        result: each.record.code === 0 ? 'applied' : 'credit_account_not_found',
        ok: true,
        genesisId: anchor,
        height: each.record.height,
        signers: [0, 1, 3],
      });
    }
  });

  it('refuses a receipt of another ledger', () => {
    expect(verifyReceipt(provenLedger().receipts[0], anchor)).toMatchObject({
      ok: false,
      code: 'RECEIPT_OTHER_LEDGER',
    });
  });

  it('proves an expiry, which nobody asked for, with the id of the pending transfer', () => {
    const outcome = verifyReceipt(expiry, anchor);
    expect(outcome).toMatchObject({ envelopeHash: null, operation: { kind: 'expiry', pendingId: 4n }, amount: 30n });
    const party = { envelopeHash: receipt.record.envelopeHash, party: receipt.record.party };
    for (const record of [
      { ...expiry.record, ...party },
      { ...expiry.record, party: party.party },
    ])
      expect(verifyReceipt({ ...expiry, record }, anchor).ok).toBe(false);
  });

  it('proves a transfer with either side kept back', () => {
    const { credit } = verified(receipt);
    for (const side of ['debit', 'credit'] as const) {
      const hidden = { ...receipt, [side]: hex(accountHalf(accountAfter(receipt, side))) };
      expect(verified(hidden)[side]).toMatchObject({ after: null });
      expect(verifyReceipt({ ...hidden, [side]: null }, anchor).ok).toBe(false);
    }
    expect(credit).toMatchObject({ id: 200n, after: { debitsPosted: 70n, creditsPosted: 511n } });
  });

  it('refuses pending sums in the place of posted ones', () => {
    // Without the state's bit next to them, the hash of posted sums could be shown as posted sums itself.
    const after = accountAfter(receipt, 'credit');
    expect(after.pending).not.toBeNull();
    const posted = concatBytes(unhex(formatId(after.debitsPosted)), unhex(formatId(after.creditsPosted)));
    const pending = concatBytes(
      unhex(formatId(after.pending?.debits ?? 0n)),
      unhex(formatId(after.pending?.credits ?? 0n)),
    );
    const invented = hex(pairHash(posted, pending));
    const credit = receiptAccount({
      ...after,
      pending: null,
      debitsPosted: BigInt(`0x${invented.slice(0, 32)}`),
      creditsPosted: BigInt(`0x${invented.slice(32)}`),
    });
    expect(verifyReceipt({ ...receipt, credit }, anchor)).toMatchObject({ ok: false });
  });

  it.each(['debit', 'credit'] as const)('refuses any changed number of the %s side', (field) => {
    const side = receipt[field];
    if (side === null || typeof side === 'string') throw new Error('the side is open');
    const changes = Object.entries(side).map(([name, value]) => {
      if (typeof value === 'number') return { [name]: value + 1 };
      if (name === 'salt') return { salt: flippedDigits(String(value))[0] };
      return { [name]: value === null ? '0' : `${BigInt(value) + 1n}` };
    });
    for (const change of changes)
      expect(verifyReceipt({ ...receipt, [field]: { ...side, ...change } }, anchor).ok).toBe(false);
  });

  it('refuses an array with a hole, which no JSON has', () => {
    const historyPath = [...receipt.historyPath];
    delete historyPath[0];
    expect(verifyReceipt({ ...receipt, historyPath }, anchor)).toMatchObject({ ok: false, code: 'RECEIPT_MALFORMED' });
  });

  it('refuses a changed number of the record', () => {
    const { height, index, code, timestampNs, amount } = receipt.record;
    const changes = [
      { height: height + 1 },
      { height: 0 },
      { index: index + 1 },
      { code: code + 1 },
      { timestampNs: `${BigInt(timestampNs) + 1n}` },
      { amount: `${BigInt(amount) + 1n}` },
    ];
    for (const change of changes) expect(verifyReceipt(withRecord(change), anchor).ok).toBe(false);
    for (const resultCount of [0, 1, 3, 4, 5, 8])
      expect(verifyReceipt({ ...receipt, resultCount }, anchor).ok).toBe(false);
  });

  it.each(['resultsPath', 'historyPath'] as const)('refuses a %s that is changed, shortened or lengthened', (field) => {
    const path = receipt[field];
    path.forEach((node, position) => {
      for (const flipped of flippedDigits(node).slice(0, 8)) {
        const changed = path.map((original, index) => (index === position ? flipped : original));
        expect(verifyReceipt({ ...receipt, [field]: changed }, anchor).ok).toBe(false);
      }
    });
    expect(verifyReceipt({ ...receipt, [field]: path.slice(1) }, anchor).ok).toBe(false);
    expect(verifyReceipt({ ...receipt, [field]: [...path, path[0]] }, anchor).ok).toBe(false);
  });

  it('refuses data that is no receipt with the field at fault', () => {
    const malformed: unknown[] = [
      null,
      1,
      'text',
      [],
      {},
      { ...receipt, version: 1 },
      { ...receipt, extra: 1 },
      { ...receipt, header: 'zz' },
    ];
    for (const value of malformed)
      expect(verifyReceipt(value, anchor)).toMatchObject({ ok: false, code: 'RECEIPT_MALFORMED' });
    expect(verifyReceipt({ ...receipt, blockId: 5 }, anchor)).toMatchObject({
      detail: expect.stringContaining('blockId'),
    });
  });
});
