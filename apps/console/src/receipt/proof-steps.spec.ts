import type { ProvenOutcome, ReceiptFault } from '@quorate/light-client';
import { proofStates } from './proof-steps';

const proven = { ok: true } as ProvenOutcome;
const refused = (code: ReceiptFault) => ({ ok: false as const, code, detail: '' });

describe('proofStates', () => {
  it('proves every link when the anchor is known, all but the last when it is not', () => {
    expect(Object.values(proofStates(proven, true))).toEqual(['proved', 'proved', 'proved', 'proved', 'proved']);
    expect(Object.values(proofStates(proven, false))).toEqual(['proved', 'proved', 'proved', 'proved', 'open']);
  });

  it.each<[ReceiptFault, string[]]>([
    ['RECEIPT_MALFORMED', ['broken', 'unreached', 'unreached', 'unreached', 'unreached']],
    ['RECEIPT_RECORD_NOT_IN_BLOCK', ['unreached', 'broken', 'unreached', 'unreached', 'proved']],
    ['RECEIPT_BLOCK_NOT_IN_HISTORY', ['unreached', 'unreached', 'broken', 'unreached', 'proved']],
    ['RECEIPT_CERTIFICATE_INVALID', ['proved', 'proved', 'proved', 'broken', 'proved']],
    ['RECEIPT_OTHER_LEDGER', ['unreached', 'unreached', 'unreached', 'unreached', 'broken']],
  ])('%s breaks one link and claims nothing beyond it', (code, states) => {
    expect(Object.values(proofStates(refused(code), true))).toEqual(states);
  });
});
