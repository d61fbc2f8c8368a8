import { decodeReceipt, encodeReceipt, isReceiptBytes } from '@quorate/protocol';
import { provenLedger } from '../test/proven-ledger';
import { verifyReceipt } from './receipt';

const { anchor, receipts } = provenLedger();
/** With pending sums on one side and none on the other; an expiry, which has no origin. */
const chosen = [8, 9].map((index) => receipts[index]);

/** Whether a receipt file of these bytes is taken for genuine. */
function accepted(bytes: Uint8Array): boolean {
  if (isReceiptBytes(bytes)) return verifyReceipt(bytes, anchor).ok;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
  return verifyReceipt(value, anchor).ok;
}

function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const changed = bytes.slice();
  changed[index] ^= 1 << (index % 8);
  return changed;
}

describe('a receipt', () => {
  it('has a compact form that says the same, in less than half the space', () => {
    for (const receipt of receipts) {
      const compact = encodeReceipt(receipt);
      expect(decodeReceipt(compact)).toEqual(receipt);
      expect(verifyReceipt(compact, anchor)).toEqual(verifyReceipt(receipt, anchor));
      expect(compact.length * 2).toBeLessThan(JSON.stringify(receipt).length);
    }
  });

  it.each(chosen.map((receipt, index) => [index, receipt] as const))(
    'is refused whichever of its bytes is flipped, as JSON and in compact form (%d)',
    (_, receipt) => {
      for (const bytes of [new TextEncoder().encode(JSON.stringify(receipt)), encodeReceipt(receipt)]) {
        expect(accepted(bytes)).toBe(true);
        const taken = Array.from(bytes.keys()).filter((index) => accepted(flipped(bytes, index)));
        expect(taken).toEqual([]);
      }
    },
  );

  it('is refused cut short or with a byte too many', () => {
    const compact = encodeReceipt(chosen[0]);
    for (let length = 0; length < compact.length; length += 1)
      expect(accepted(compact.subarray(0, length))).toBe(false);
    expect(accepted(Uint8Array.of(...compact, 0))).toBe(false);
  });
});
