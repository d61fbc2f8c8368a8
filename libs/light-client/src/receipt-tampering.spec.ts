import { decodeReceipt, decodeResultOperation, encodeReceipt, isReceiptBytes, type Statement } from '@quorate/protocol';
import { unhex } from '@quorate/crypto';
import { flippedBytes } from '../test/flipped-bytes';
import { provenLedger } from '../test/proven-ledger';
import { verifyReceipt } from './receipt';
import { balanceAt, verifyStatement } from './statement';

const { anchor, receipts, statement } = provenLedger(1);
const ofFour = provenLedger();
const kindOf = (receipt: (typeof receipts)[number]): string =>
  decodeResultOperation(unhex(receipt.record.operation)).kind;
/** With pending sums on one side and none on the other. */
const transferReceipt = receipts[8];
/** The last of each kind, so that the transfer is one with both sides. */
const ofEachKind = [...new Map([...receipts, transferReceipt].map((receipt) => [kindOf(receipt), receipt]))];

/** In JSON the others differ from these in the digits of the operation only. */
const AS_JSON = ['create_transfer', 'expiry', 'attest_account', 'attest_supply', 'put_record', 'evidence'];

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Whether a receipt file of these bytes is taken for genuine. */
function accepted(bytes: Uint8Array, trusted = anchor): boolean {
  return verifyReceipt(isReceiptBytes(bytes) ? bytes : jsonOf(bytes), trusted).ok;
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('a receipt', () => {
  it('has a compact form that says the same, in less than half the space', () => {
    for (const receipt of receipts) {
      const compact = encodeReceipt(receipt);
      expect(decodeReceipt(compact)).toEqual(receipt);
      expect(verifyReceipt(compact, anchor)).toEqual(verifyReceipt(receipt, anchor));
      expect(compact.length * 2).toBeLessThan(JSON.stringify(receipt).length);
    }
  });

  it('is tried here of every kind of operation that there is, of expiries and of evidence', () => {
    expect(ofEachKind.map(([kind]) => kind).sort()).toEqual([
      'attest_account',
      'attest_supply',
      'change_asset',
      'change_party',
      'create_account',
      'create_asset',
      'create_party',
      'create_transfer',
      'evidence',
      'expiry',
      'put_mandate',
      'put_record',
      'revoke_mandate',
      'set_frozen',
      'set_party_roles',
    ]);
  });

  it.each(ofEachKind)('is refused whichever of its bytes is flipped: %s', (_, receipt) => {
    const compact = encodeReceipt(receipt);
    expect(accepted(compact)).toBe(true);
    expect(Array.from(flippedBytes(compact)).filter((each) => accepted(each))).toEqual([]);
  });

  it.each(ofEachKind.filter(([kind]) => AS_JSON.includes(kind)))(
    'is refused as JSON, too, whichever of its bytes is flipped: %s',
    (_, receipt) => {
      const bytes = bytesOf(receipt);
      expect(accepted(bytes)).toBe(true);
      expect(Array.from(flippedBytes(bytes)).filter((each) => accepted(each))).toEqual([]);
    },
  );

  it('is refused whichever of its bytes is flipped, with the signatures of three of four replicas', () => {
    const isAccepted = (bytes: Uint8Array): boolean => accepted(bytes, ofFour.anchor);
    const compact = encodeReceipt(ofFour.receipts[8]);
    expect(isAccepted(compact)).toBe(true);
    expect(Array.from(flippedBytes(compact)).filter(isAccepted)).toEqual([]);
  });

  it('is refused cut short or with a byte too many', () => {
    const compact = encodeReceipt(transferReceipt);
    for (let length = 0; length < compact.length; length += 1)
      expect(accepted(compact.subarray(0, length))).toBe(false);
    expect(accepted(Uint8Array.of(...compact, 0))).toBe(false);
  });
});

describe('a statement', () => {
  const whole = statement(200n);
  const part = (from: number, to: number, isAttested: boolean): Statement => {
    const attestation = isAttested ? whole.attestation : null;
    const lines = whole.lines.slice(from, to);
    const shown = [...lines, ...(attestation === null ? [] : [attestation])].map(({ record }) => record.height);
    return { ...whole, lines, attestation, blocks: whole.blocks.filter(({ height }) => shown.includes(height)) };
  };
  const proofs: [string, Statement][] = [
    ['of an expiry and the transfer after it, which prove a balance at a past height', part(4, 6, false)],
    ['that ends with an attestation', part(6, 7, true)],
  ];

  it.each(proofs)('is refused whichever of its bytes is flipped: one %s', (_, proof) => {
    const holds = (bytes: Uint8Array): boolean => verifyStatement(jsonOf(bytes), anchor).ok;
    const bytes = bytesOf(proof);
    const proven = verifyStatement(jsonOf(bytes), anchor);
    expect(proven.ok && balanceAt(proven, 3)).not.toBe(false);
    expect(Array.from(flippedBytes(bytes)).filter(holds)).toEqual([]);
  });

  it('is refused with a block that no line stands in: nothing would prove it', () => {
    expect(verifyStatement({ ...part(4, 6, false), blocks: whole.blocks }, anchor)).toMatchObject({
      code: 'STATEMENT_MALFORMED',
    });
  });
});
