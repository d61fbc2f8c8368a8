import { generateKeyPairSync, sign } from 'node:crypto';
import {
  RULES_VERSION,
  consensusContext,
  encodeEvidence,
  makeEvidence,
  preparePreimage,
  type Configuration,
  type SignedStatement,
} from '@quorate/protocol';
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

describe('verifyEvidence', () => {
  it('names the replica that signed both statements, and needs nothing but the configuration', () => {
    const bytes = encodeEvidence(makeEvidence(2, 3, prepare(3, 1), prepare(3, 2)));
    expect(verifyEvidence(configuration, bytes)).toEqual({ ok: true, replica: 3, contradiction: 'two_prepares' });
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
