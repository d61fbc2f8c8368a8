import { decodeResultOperation, encodeEvidence, makeEvidence, type SignedStatement } from '@quorate/protocol';
import { LEDGER_LIMITS, Ledger, RestoredSections, type LedgerCapture } from '.';
import { genesis, names, openedLedger, transfer } from '../test/ledger-fixture';

const statement = (fill: number): SignedStatement => ({
  kind: 'prepare',
  term: 4,
  slot: 9,
  blockId: new Uint8Array(32).fill(fill),
  signature: new Uint8Array(64).fill(fill),
});
const evidence = (replica: number) => makeEvidence(1, replica, statement(1), statement(2));

function restored(capture: LedgerCapture): Ledger {
  const sections = new RestoredSections();
  for (const part of capture.sections) {
    while (!part.prepare());
    const bytes = new Uint8Array(part.lengthBytes);
    part.read(0, bytes);
    sections.begin(part.section, bytes.length);
    sections.write(part.section, 0, bytes);
  }
  return Ledger.restore(genesis, () => true, sections);
}

describe('evidence on the ledger', () => {
  it('is a result that nobody signed, and can be listed', () => {
    const driver = openedLedger();
    const outcome = driver.block(encodeEvidence(evidence(2)));
    expect(names(outcome.codes)).toEqual(['applied']);
    const record = outcome.results.record(0);
    expect(decodeResultOperation(record.operation)).toEqual({ kind: 'evidence', evidence: evidence(2) });
    expect([record.origin?.party, record.debitAccount, record.amount]).toEqual([0n, 0n, 0n]);
    driver.block(encodeEvidence(evidence(3)));
    const { data } = driver.ledger.authority.evidence({ limit: 10 });
    expect(data.map((row) => [row.evidence.replica, row.contradiction, row.height])).toEqual([
      [3, 'two_prepares', driver.ledger.height],
      [2, 'two_prepares', driver.ledger.height - 1],
    ]);
    expect(driver.ledger.authority.accusedSince(driver.ledger.height - 1)).toEqual([3]);
  });

  it('has the same results when its block is looked at again', () => {
    const driver = openedLedger();
    const body = encodeEvidence(evidence(2));
    const { height, codes, captured, resultsRoot } = driver.block(body);
    const again = driver.ledger.blockResults({ height, timeNs: driver.timeNs }, body, codes, captured);
    expect(again.resultsRoot).toEqual(resultsRoot);
  });

  it('is bounded', () => {
    const driver = openedLedger({ ...LEDGER_LIMITS, evidenceMax: 1 });
    driver.block(encodeEvidence(evidence(2)));
    expect(names(driver.block(encodeEvidence(evidence(3))).codes)).toEqual(['record_limit_reached']);
  });

  it('is part of the state', () => {
    const driver = openedLedger();
    driver.block(encodeEvidence(evidence(2)));
    driver.run([transfer(1n)]);
    const copy = restored(driver.ledger.capture());
    expect(copy.authority.evidence({ limit: 10 })).toEqual(driver.ledger.authority.evidence({ limit: 10 }));
  });
});
