import { createPublicKey, generateKeyPairSync, sign, verify as verifyWith } from 'node:crypto';
import { CodecError } from '@quorate/codec';
import {
  RULES_VERSION,
  commitPreimage,
  consensusContext,
  contradictionOf,
  decodeEvidence,
  decodeResultOperation,
  encodeEvidence,
  evidenceFault,
  makeEvidence,
  preparePreimage,
  timeoutPreimage,
  type CertifiedPosition,
  type Configuration,
  type Evidence,
  type SignedStatement,
  type VerifyKey,
} from '.';

const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const members = [0, 1, 2, 3].map(() => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD.length)),
    sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)),
  };
});
const verify: VerifyKey = ({ bytes }, message, signature) =>
  verifyWith(
    null,
    message,
    createPublicKey({ key: Buffer.concat([SPKI_HEAD, bytes]), format: 'der', type: 'spki' }),
    signature,
  );
const configuration: Configuration = {
  ledgerId: new Uint8Array(16).fill(7),
  epoch: 3,
  rulesVersion: RULES_VERSION,
  replicas: members.map(({ publicKey }, index) => ({
    consensusKey: publicKey,
    certificateHash: new Uint8Array(32).fill(index),
  })),
  governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: members[0].publicKey }] },
};
const context = consensusContext(configuration);
const ACCUSED = 2;

const at = (term: number, slot: number, fill: number): CertifiedPosition => ({
  term,
  slot,
  blockId: new Uint8Array(32).fill(fill),
});

function vote(kind: 'prepare' | 'commit', position: CertifiedPosition, signer = ACCUSED): SignedStatement {
  const preimageOf = kind === 'prepare' ? preparePreimage : commitPreimage;
  return { kind, ...position, signature: members[signer].sign(preimageOf(context, position, position.blockId)) };
}

function timeout(term: number, high: CertifiedPosition | null): SignedStatement {
  return { kind: 'timeout', term, high, signature: members[ACCUSED].sign(timeoutPreimage(context, term, high)) };
}

const against = (one: SignedStatement, other: SignedStatement): Evidence => makeEvidence(3, ACCUSED, one, other);
const judged = (evidence: Evidence) => [contradictionOf(evidence), evidenceFault(configuration, evidence, verify)];

describe('evidence', () => {
  it('proves two different votes at one position', () => {
    for (const kind of ['prepare', 'commit'] as const) {
      const evidence = against(vote(kind, at(4, 9, 1)), vote(kind, at(4, 9, 2)));
      expect(judged(evidence)).toEqual([`two_${kind}s`, null]);
    }
  });

  it('proves two TIMEOUTs of one term, and a COMMIT that a TIMEOUT forgets', () => {
    expect(judged(against(timeout(4, null), timeout(4, at(3, 1, 1))))).toEqual(['two_timeouts', null]);
    expect(judged(against(timeout(4, at(3, 1, 2)), timeout(4, at(3, 1, 1))))).toEqual(['two_timeouts', null]);
    for (const forgetful of [timeout(4, null), timeout(6, at(3, 99, 1)), timeout(4, at(4, 8, 1))])
      expect(judged(against(forgetful, vote('commit', at(4, 9, 1))))).toEqual(['commit_forgotten', null]);
  });

  it('finds nothing wrong with what a correct replica signs', () => {
    const pairs: [SignedStatement, SignedStatement][] = [
      [vote('prepare', at(4, 9, 1)), vote('prepare', at(4, 9, 1))],
      [vote('prepare', at(4, 9, 1)), vote('prepare', at(4, 8, 2))],
      [vote('prepare', at(4, 9, 1)), vote('prepare', at(5, 9, 2))],
      [vote('prepare', at(4, 9, 1)), vote('commit', at(4, 9, 2))],
      [vote('prepare', at(4, 9, 1)), timeout(4, null)],
      [vote('commit', at(4, 9, 1)), timeout(4, at(4, 9, 1))],
      [vote('commit', at(4, 9, 1)), timeout(9, at(7, 1, 1))],
      [vote('commit', at(4, 9, 1)), timeout(3, null)],
      [timeout(4, null), timeout(4, null)],
      [timeout(4, at(3, 1, 1)), timeout(4, at(3, 1, 1))],
      [timeout(4, null), timeout(5, at(3, 1, 1))],
    ];
    for (const [one, other] of pairs) expect(judged(against(one, other))).toEqual([null, 'no_contradiction']);
  });

  it('proves nothing under another configuration, against another replica or with another signature', () => {
    const [one, other] = [vote('prepare', at(4, 9, 1)), vote('prepare', at(4, 9, 2))];
    const evidence = against(one, other);
    const faultOf = (change: Partial<Evidence>, under = configuration) =>
      evidenceFault(under, { ...evidence, ...change }, verify);
    expect(faultOf({ epoch: 2 })).toBe('wrong_epoch');
    expect(faultOf({ replica: 4 })).toBe('no_such_replica');
    expect(faultOf({ replica: 1 })).toBe('signature_wrong');
    expect(faultOf({ first: { ...evidence.first, signature: evidence.second.signature } })).toBe('signature_wrong');
    expect(faultOf({}, { ...configuration, ledgerId: new Uint8Array(16) })).toBe('signature_wrong');
    expect(faultOf(against(vote('prepare', at(4, 9, 1), 1), other))).toBe('signature_wrong');
  });

  it('has one encoding, whichever statement was found first', () => {
    const [one, other] = [timeout(4, at(3, 1, 1)), vote('commit', at(4, 9, 2))];
    const bytes = encodeEvidence(against(one, other));
    expect(bytes).toEqual(encodeEvidence(against(other, one)));
    expect(decodeEvidence(bytes)).toEqual(against(one, other));
    expect(decodeResultOperation(bytes)).toEqual({ kind: 'evidence', evidence: against(one, other) });
    const swapped = encodeEvidence({ epoch: 3, replica: ACCUSED, first: one, second: other });
    expect(() => decodeEvidence(swapped)).toThrow(CodecError);
  });

  it('refuses bytes that nothing encodes', () => {
    const bytes = encodeEvidence(against(timeout(4, null), timeout(4, at(3, 1, 1))));
    const changed = (offset: number, value: number): Uint8Array => {
      const copy = bytes.slice();
      copy[offset] = value;
      return copy;
    };
    // Tag, kind of the first statement, its flag.
    for (const wrong of [changed(0, 1), changed(6, 4), changed(15, 2), bytes.subarray(1), bytes.subarray(0, 100)])
      expect(() => decodeEvidence(wrong)).toThrow(CodecError);
  });
});
