import { generateKeyPairSync, sign } from 'node:crypto';
import {
  RULES_VERSION,
  consensusContext,
  encodeEvidence,
  makeEvidence,
  commitPreimage,
  preparePreimage,
  timeoutPreimage,
  type CertifiedPosition,
  type Configuration,
  type SignedStatement,
} from '@quorate/protocol';
import { flippedBytes } from '../test/flipped-bytes';
import { verifyEvidence } from './evidence';

const keys = [0, 1, 2, 3].map(() => generateKeyPairSync('ed25519'));
const configuration: Configuration = {
  ledgerId: new Uint8Array(16).fill(7),
  epoch: 2,
  rulesVersion: RULES_VERSION,
  replicas: keys.map(({ publicKey }, index) => ({
    consensusKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
    certificateHash: new Uint8Array(32).fill(index),
  })),
  governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: new Uint8Array(32).fill(1) }] },
};

function prepare(replica: number, fill: number): SignedStatement {
  const position = { term: 1, slot: 2, blockId: new Uint8Array(32).fill(fill) };
  const preimage = preparePreimage(consensusContext(configuration), position, position.blockId);
  return { kind: 'prepare', ...position, signature: new Uint8Array(sign(null, preimage, keys[replica].privateKey)) };
}

function commit(replica: number, fill: number): SignedStatement {
  const position = { term: 3, slot: 2, blockId: new Uint8Array(32).fill(fill) };
  const preimage = commitPreimage(consensusContext(configuration), position, position.blockId);
  return { kind: 'commit', ...position, signature: new Uint8Array(sign(null, preimage, keys[replica].privateKey)) };
}

function timeout(replica: number, high: CertifiedPosition | null): SignedStatement {
  const preimage = timeoutPreimage(consensusContext(configuration), 4, high);
  return { kind: 'timeout', term: 4, high, signature: new Uint8Array(sign(null, preimage, keys[replica].privateKey)) };
}

const certified = { term: 2, slot: 9, blockId: new Uint8Array(32).fill(5) };
const contradictions: [string, SignedStatement, SignedStatement][] = [
  ['two_prepares', prepare(3, 1), prepare(3, 2)],
  ['two_commits', commit(3, 1), commit(3, 2)],
  ['two_timeouts', timeout(3, null), timeout(3, certified)],
  ['commit_forgotten', commit(3, 1), timeout(3, certified)],
];

describe('verifyEvidence', () => {
  it('names the replica that signed both statements, and needs nothing but the configuration', () => {
    const bytes = encodeEvidence(makeEvidence(2, 3, prepare(3, 1), prepare(3, 2)));
    expect(verifyEvidence(configuration, bytes)).toEqual({ ok: true, replica: 3, contradiction: 'two_prepares' });
  });

  it('does not take one statement, written in two ways, for two: none is signed as zeros', () => {
    const preimage = timeoutPreimage(consensusContext(configuration), 4, null);
    const signature = new Uint8Array(sign(null, preimage, keys[1].privateKey));
    const honest = { kind: 'timeout', term: 4, high: null, signature } as const;
    const rewritten = { ...honest, high: { term: 0, slot: 0, blockId: new Uint8Array(32) } };
    const bytes = encodeEvidence(makeEvidence(2, 1, honest, rewritten));
    expect(verifyEvidence(configuration, bytes)).toEqual({ ok: false, fault: 'no_contradiction' });
  });

  it.each(contradictions)('is refused whichever of its bytes is flipped: %s', (contradiction, one, other) => {
    const bytes = encodeEvidence(makeEvidence(2, 3, one, other));
    expect(verifyEvidence(configuration, bytes)).toEqual({ ok: true, replica: 3, contradiction });
    const taken = Array.from(flippedBytes(bytes)).filter((changed) => verifyEvidence(configuration, changed).ok);
    expect(taken).toEqual([]);
    expect(verifyEvidence(configuration, bytes.subarray(1)).ok).toBe(false);
    expect(verifyEvidence(configuration, Uint8Array.of(...bytes, 0)).ok).toBe(false);
  });

  it('says why something else proves nothing', () => {
    const faultOf = (epoch: number, replica: number, fill: number) =>
      verifyEvidence(configuration, encodeEvidence(makeEvidence(epoch, replica, prepare(3, 1), prepare(3, fill))));
    expect(faultOf(1, 3, 2)).toEqual({ ok: false, fault: 'wrong_epoch' });
    expect(faultOf(2, 4, 2)).toEqual({ ok: false, fault: 'no_such_replica' });
    expect(faultOf(2, 1, 2)).toEqual({ ok: false, fault: 'signature_wrong' });
    expect(faultOf(2, 3, 1)).toEqual({ ok: false, fault: 'no_contradiction' });
    expect(verifyEvidence(configuration, new Uint8Array(3))).toEqual({ ok: false, fault: 'malformed' });
  });
});
