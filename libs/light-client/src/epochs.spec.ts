import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  RULES_VERSION,
  blockId,
  bodyRoot,
  commitPreimage,
  configHash,
  consensusContext,
  encodeEpochEnd,
  encodeHeader,
  governanceSigningBytes,
  type Configuration,
  type EpochStep,
} from '@quorate/protocol';
import { verifyEpochs } from './epochs';

interface Member {
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;
}

function makeMember(): Member {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12)) };
}

const signed = (member: Member, bytes: Uint8Array): Uint8Array => new Uint8Array(sign(null, bytes, member.key));
const governance = makeMember();
const sets = [1, 4, 3].map((size) => Array.from({ length: size }, makeMember));

function configurationOf(epoch: number): Configuration {
  return {
    ledgerId: new Uint8Array(16).fill(7),
    epoch,
    rulesVersion: RULES_VERSION,
    replicas: sets[epoch - 1].map(({ publicKey }, index) => ({
      consensusKey: publicKey,
      certificateHash: new Uint8Array(32).fill(epoch * 16 + index),
    })),
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: governance.publicKey }] },
  };
}

/** The block that ends an epoch, signed by the given members and allowed by the given key. */
function step(epoch: number, by: Member = governance, signers = sets[epoch - 1]): EpochStep {
  const [current, next] = [configurationOf(epoch), configurationOf(epoch + 1)];
  const bytes = signed(by, governanceSigningBytes(current, next));
  const body = encodeEpochEnd({ configuration: next, signatures: [{ key: 0, bytes }], readys: [] });
  const header: EpochStep['header'] = {
    kind: 'epoch_end',
    ledgerId: current.ledgerId,
    epoch,
    height: 10 * epoch,
    parentId: new Uint8Array(32),
    timeNs: 1n,
    bodyRoot: bodyRoot(body),
    bodyLength: body.length,
    operationCount: 0,
    configHash: configHash(current),
    execHeight: 0,
    execRoot: new Uint8Array(32),
    nextConfigHash: configHash(next),
  };
  const position = { term: 1, slot: 2, blockId: blockId(encodeHeader(header)) };
  const preimage = commitPreimage(consensusContext(current), position, position.blockId);
  const certificate = {
    kind: 'commit' as const,
    epoch,
    ...position,
    signers: [...signers.keys()],
    signatures: signers.map((member) => signed(member, preimage)),
  };
  return { header, body, certificate };
}

describe('verifyEpochs', () => {
  it('follows from the first configuration, or a later trusted one, to the last', () => {
    expect(verifyEpochs(configurationOf(1), [])).toEqual(configurationOf(1));
    expect(verifyEpochs(configurationOf(1), [step(1), step(2)])).toEqual(configurationOf(3));
    expect(verifyEpochs(configurationOf(2), [step(2)])).toEqual(configurationOf(3));
  });

  it('refuses a step left out, in another order, or of another epoch', () => {
    for (const steps of [[step(2)], [step(2), step(1)], [step(1), step(1)]])
      expect(verifyEpochs(configurationOf(1), steps)).toBeNull();
  });

  it('refuses what governance did not sign, what too few replicas signed, and another body or kind', () => {
    const sound = step(1);
    const broken: EpochStep[] = [
      step(1, makeMember()),
      step(1, governance, []),
      { ...sound, body: step(1, makeMember()).body },
      { ...sound, header: { ...sound.header, kind: 'data' } },
      { ...sound, certificate: { ...sound.certificate, kind: 'prepare' } },
    ];
    for (const each of broken) expect(verifyEpochs(configurationOf(1), [each])).toBeNull();
    expect(verifyEpochs(configurationOf(2), [step(2, governance, sets[1].slice(0, 2))])).toBeNull();
  });
});
