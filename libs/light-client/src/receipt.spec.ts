import type { Receipt } from '@quorate/protocol';
import { provenLedger } from '../test/proven-ledger';
import { verifyReceipt } from './receipt';

const { anchor, receipts } = provenLedger();
const receipt = receipts[3];

/** Every receipt that differs from `text` in one hexadecimal digit. */
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
        ok: true,
        genesisId: anchor,
        result: 'applied',
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

  it.each(['genesis', 'blockId', 'header', 'certificate'] as const)('refuses any changed digit of %s', (field) => {
    for (const flipped of flippedDigits(receipt[field]))
      expect(verifyReceipt({ ...receipt, [field]: flipped }, anchor).ok).toBe(false);
  });

  it.each(['envelopeHash', 'party', 'operation'] as const)('refuses any changed digit of record.%s', (field) => {
    for (const flipped of flippedDigits(receipt.record[field]))
      expect(verifyReceipt(withRecord({ [field]: flipped }), anchor).ok).toBe(false);
  });

  it('refuses an array with a hole, which no JSON has', () => {
    const historyPath = [...receipt.historyPath];
    delete historyPath[0];
    expect(verifyReceipt({ ...receipt, historyPath }, anchor)).toMatchObject({ ok: false, code: 'RECEIPT_MALFORMED' });
  });

  it('refuses a changed number of the record', () => {
    const { height, index, code, timestampNs } = receipt.record;
    const changes = [
      { height: height + 1 },
      { height: 0 },
      { index: index + 1 },
      { code: code + 1 },
      { timestampNs: `${BigInt(timestampNs) + 1n}` },
    ];
    for (const change of changes) expect(verifyReceipt(withRecord(change), anchor).ok).toBe(false);
    // A count that asks for a path of the same shape proves the same leaf under the same root; every other count is refused.
    expect(verifyReceipt({ ...receipt, operationCount: 2 }, anchor).ok).toBe(false);
    expect(verifyReceipt({ ...receipt, operationCount: 9 }, anchor).ok).toBe(false);
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
      { ...receipt, version: 2 },
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
