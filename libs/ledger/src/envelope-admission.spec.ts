import { verifySignature } from '@quorate/crypto';
import { encodeBody, envelopeHash, scanEnvelope, type Operation } from '@quorate/protocol';
import {
  LedgerDriver,
  ed25519Key,
  genesis,
  names,
  openedLedger,
  operatorKey,
  p256Key,
  transfer,
  type EnvelopeOptions,
  FRANC,
  START_NS,
} from '../test/ledger-fixture';
import { LEDGER_LIMITS, Ledger, validateBlockBody } from '.';

const [first, second, third] = [ed25519Key(11), p256Key(), ed25519Key(13)];
const BOARD = 5n;
const board: Operation = {
  kind: 'create_party',
  party: { id: BOARD, name: 'Board', threshold: 2, keys: [first.publicKey, second.publicKey, third.publicKey] },
};
const signedBy = (...keys: NonNullable<EnvelopeOptions['keys']>): EnvelopeOptions => ({ party: BOARD, keys });

function boardLedger(): LedgerDriver {
  const driver = openedLedger();
  expect(driver.run([board])).toEqual(['applied']);
  return driver;
}

const admission = (driver: LedgerDriver, envelope: Uint8Array, nowNs = driver.timeNs): string | null => {
  const outline = scanEnvelope(envelope);
  return driver.ledger.admit(outline, outline.hash, nowNs);
};

describe('envelope admission', () => {
  const own = [
    {
      kind: 'create_account',
      account: {
        id: 900n,
        party: BOARD,
        asset: 756,
        code: 1,
        flags: 2,
        userData128: 0n,
        userData64: 0n,
        userData32: 0,
      },
    },
  ] as const;

  it('takes two of three signatures of either scheme, and all three', () => {
    const pairs = [
      [
        { key: 0, by: first },
        { key: 1, by: second },
      ],
      [
        { key: 1, by: second },
        { key: 2, by: third },
      ],
      [
        { key: 0, by: first },
        { key: 1, by: second },
        { key: 2, by: third },
      ],
    ];
    for (const keys of pairs) expect(boardLedger().run(own, signedBy(...keys))).toEqual(['applied']);
  });

  it('refuses one signature where the threshold is two, a key the party lacks, and one wrong signature among enough', () => {
    expect(boardLedger().run(own, signedBy({ key: 0, by: first }))).toEqual(['envelope_signatures_insufficient']);
    expect(boardLedger().run(own, signedBy({ key: 0, by: first }, { key: 3, by: third }))).toEqual([
      'envelope_signature_wrong',
    ]);
    expect(boardLedger().run(own, signedBy({ key: 0, by: first }, { key: 1, by: first }))).toEqual([
      'envelope_signature_wrong',
    ]);
    const withOneWrong = signedBy({ key: 0, by: first }, { key: 1, by: second }, { key: 2, by: operatorKey });
    expect(boardLedger().run(own, withOneWrong)).toEqual(['envelope_signature_wrong']);
  });

  it('does not count one key twice', () => {
    const driver = boardLedger();
    const outline = scanEnvelope(driver.envelope(own, signedBy({ key: 0, by: first })));
    const twice = { ...outline, signatures: [outline.signatures[0], outline.signatures[0]] };
    expect(driver.ledger.admit(twice, outline.hash, driver.timeNs)).toBe('envelope_signature_wrong');
  });

  it('notices a change of any byte of the content', () => {
    const driver = openedLedger();
    const envelope = driver.envelope([transfer(1n)]);
    const { contentBytes } = scanEnvelope(envelope);
    expect(admission(driver, envelope)).toBeNull();
    // From the envelope id on; ledger and party are refused under names of their own. Byte 82 is the operation's tag.
    for (let index = 49; index < contentBytes; index += 1) {
      const changed = Uint8Array.from(envelope);
      changed[index] ^= 1;
      const validity = validateBlockBody(encodeBody([changed]));
      if (validity.ok) expect(admission(driver, changed)).not.toBeNull();
    }
  });

  it('gives every operation of a refused envelope the same code, and none takes effect', () => {
    const driver = openedLedger();
    const results = driver.run([transfer(1n), transfer(2n)], { keys: [{ key: 0, by: first }] });
    expect(results).toEqual(['envelope_signature_wrong', 'envelope_signature_wrong']);
    expect(driver.ledger.position(1n)).toBeUndefined();
    expect(driver.ledger.account(200n)?.creditsPosted).toBe(0n);
  });

  it('is not burnt by a copy with a wrong signature', () => {
    const driver = openedLedger();
    const options = { id: 77n, expiresAtNs: driver.timeNs + 60_000_000_000n };
    expect(driver.run([transfer(1n)], { ...options, keys: [{ key: 0, by: first }] })).toEqual([
      'envelope_signature_wrong',
    ]);
    expect(driver.run([transfer(1n)], options)).toEqual(['applied']);
  });

  it('admits what it found right before only with the very same signatures', () => {
    const driver = openedLedger();
    const options = { id: 77n, expiresAtNs: driver.timeNs + 60_000_000_000n };
    const right = driver.envelope([transfer(1n)], options);
    const wrong = driver.envelope([transfer(1n)], { ...options, keys: [{ key: 0, by: first }] });
    expect(admission(driver, right)).toBeNull();
    expect(admission(driver, wrong)).toBe('envelope_signature_wrong');
    expect(names(driver.block(wrong, right).codes)).toEqual(['envelope_signature_wrong', 'applied']);
  });

  it('verifies a signature once for admission and execution together', () => {
    let calls = 0;
    const ledger = Ledger.create(genesis, (...input) => {
      calls += 1;
      return verifySignature(...input);
    });
    const envelope = new LedgerDriver().envelope([FRANC]);
    const outline = scanEnvelope(envelope);
    expect(ledger.admit(outline, outline.hash, START_NS)).toBeNull();
    expect(names(ledger.executeBlock({ height: 1, timeNs: START_NS + 1n, envelopes: [envelope] }).codes)).toEqual([
      'applied',
    ]);
    expect(calls).toBe(1);
  });
});

describe('remembered envelopes', () => {
  it('execute once, and their place is known until they expire', () => {
    const driver = openedLedger();
    const envelope = driver.envelope([transfer(1n), transfer(2n)], { expiresAtNs: driver.timeNs + 5_000_000_000n });
    const { hash, contentBytes } = scanEnvelope(envelope);
    expect(hash).toEqual(envelopeHash(envelope.subarray(0, contentBytes)));
    const other = driver.envelope([transfer(3n)]);
    expect(names(driver.block(other, envelope).codes)).toEqual(['applied', 'applied', 'applied']);
    expect(driver.ledger.envelopeOutcome(hash)).toEqual({ height: 2, firstIndex: 1, count: 2 });
    expect(admission(driver, envelope)).toBe('envelope_duplicate');
    expect(names(driver.block(envelope).codes)).toEqual(['envelope_duplicate', 'envelope_duplicate']);
    expect(driver.ledger.envelopeOutcome(hash)).toEqual({ height: 2, firstIndex: 1, count: 2 });
    for (let block = 0; block < 5; block += 1) driver.block();
    expect(driver.ledger.envelopeOutcome(hash)).toBeUndefined();
    expect(names(driver.block(envelope).codes)).toEqual(['envelope_expired', 'envelope_expired']);
  });

  it('are refused while the memory is full, and taken again when others have expired', () => {
    const driver = new LedgerDriver({ ...LEDGER_LIMITS, envelopesMax: 300 });
    driver.run([FRANC], { expiresAtNs: driver.timeNs + 2_000_000_000n });
    for (let count = 1; count < 300; count += 1) {
      driver.timeNs -= 1_000_000_000n;
      expect(driver.run([FRANC])).toEqual(['exists']);
    }
    driver.timeNs -= 1_000_000_000n;
    const waiting = driver.envelope([FRANC]);
    expect(names(driver.block(waiting).codes)).toEqual(['envelope_memory_full']);
    driver.block();
    driver.block();
    expect(names(driver.block(waiting).codes)).toEqual(['exists']);
  });
});
