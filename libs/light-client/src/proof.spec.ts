import { generateKeyPairSync, sign } from 'node:crypto';
import { CodecError } from '@quorate/codec';
import {
  EPOCH_STEPS_MAX,
  RULES_VERSION,
  ZERO_HASH,
  blockId,
  bodyRoot,
  commitPreimage,
  configHash,
  consensusContext,
  decodeFinalityProof,
  encodeEpochEnd,
  encodeFinalityProof,
  encodeHeader,
  firstConfiguration,
  governanceSigningBytes,
  type BlockHeader,
  type Certificate,
  type Configuration,
  type EpochStep,
  type Genesis,
} from '@quorate/protocol';
import { flippedBytes } from '../test/flipped-bytes';
import { finalBy } from './proof';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
const signed = (bytes: Uint8Array): Uint8Array => new Uint8Array(sign(null, bytes, privateKey));
const governance = { threshold: 1, keys: [{ scheme: 'ed25519' as const, bytes: key }] };
const genesis: Genesis = {
  ledgerId: new Uint8Array(16).fill(7),
  createdAtNs: 1n,
  operator: { id: 1n, name: 'Bank', threshold: 1, keys: governance.keys },
  rulesVersion: RULES_VERSION,
  replicas: [{ consensusKey: key, certificateHash: new Uint8Array(32).fill(1) }],
  governance,
};
const EPOCHS = EPOCH_STEPS_MAX + 6;
const configurationOf = (epoch: number): Configuration => ({ ...firstConfiguration(genesis), epoch });

function headerOf(epoch: number, fields: Partial<BlockHeader>): BlockHeader {
  const header = { kind: 'empty' as const, ledgerId: genesis.ledgerId, epoch, height: 10 * epoch, parentId: ZERO_HASH };
  const content = {
    timeNs: 1n,
    bodyRoot: ZERO_HASH,
    bodyLength: 0,
    operationCount: 0,
    execHeight: 0,
    execRoot: ZERO_HASH,
  };
  return {
    ...header,
    ...content,
    configHash: configHash(configurationOf(epoch)),
    nextConfigHash: ZERO_HASH,
    ...fields,
  };
}

function certify(header: BlockHeader): Certificate {
  const position = { term: 1, slot: 2, blockId: blockId(encodeHeader(header)) };
  const preimage = commitPreimage(consensusContext(configurationOf(header.epoch)), position, position.blockId);
  return { kind: 'commit', epoch: header.epoch, ...position, signers: [0], signatures: [signed(preimage)] };
}

function step(epoch: number): EpochStep {
  const [current, next] = [configurationOf(epoch), configurationOf(epoch + 1)];
  const signatures = [{ key: 0, bytes: signed(governanceSigningBytes(current, next)) }];
  const body = encodeEpochEnd({ configuration: next, signatures, readys: [] });
  const fields = { bodyRoot: bodyRoot(body), bodyLength: body.length, nextConfigHash: configHash(next) };
  const header = headerOf(epoch, { kind: 'epoch_end', ...fields });
  return { header, body, certificate: certify(header) };
}

const steps = Array.from({ length: EPOCHS - 1 }, (_, index) => step(index + 1));

/** A header of the epoch, and its proof as a receipt carries it. */
function proofOf(epoch: number) {
  const header = headerOf(epoch, { height: 10 * epoch - 1 });
  const proof = decodeFinalityProof(encodeFinalityProof(certify(header), steps.slice(0, epoch - 1)));
  return { header, proof };
}

describe('C-39: proofs of finality across epochs', () => {
  it('lead from the genesis through as many epochs as one proof holds', () => {
    const { header, proof } = proofOf(EPOCH_STEPS_MAX + 1);
    expect(finalBy(genesis, header, proof)).toEqual(configurationOf(EPOCH_STEPS_MAX + 1));
  });

  it('lead any number of epochs on, from the configuration that a former proof led to', () => {
    const { header, proof } = proofOf(EPOCHS);
    expect(proof.epochs).toHaveLength(EPOCH_STEPS_MAX);
    expect(finalBy(genesis, header, proof)).toMatch(/trusted configuration/);
    const former = proofOf(20);
    const trusted = finalBy(genesis, former.header, former.proof);
    if (typeof trusted === 'string') throw new Error(trusted);
    expect(finalBy(genesis, header, proof, trusted)).toEqual(configurationOf(EPOCHS));
  });

  it('prove nothing with any byte flipped', () => {
    const header = headerOf(4, { height: 39 });
    const bytes = encodeFinalityProof(certify(header), steps.slice(0, 3));
    const holds = (changed: Uint8Array): boolean => {
      try {
        return typeof finalBy(genesis, header, decodeFinalityProof(changed)) !== 'string';
      } catch (error) {
        if (error instanceof CodecError) return false;
        throw error;
      }
    };
    expect(holds(bytes)).toBe(true);
    expect(Array.from(flippedBytes(bytes)).filter(holds)).toEqual([]);
    expect(holds(bytes.subarray(0, -1))).toBe(false);
  });

  it('count for nothing in an epoch before the trusted one, or on another ledger', () => {
    const { header, proof } = proofOf(20);
    expect(finalBy(genesis, header, proof, configurationOf(21))).toMatch(/another epoch/);
    const foreign = { ...configurationOf(20), ledgerId: new Uint8Array(16) };
    expect(finalBy(genesis, header, proof, foreign)).toMatch(/another ledger/);
  });
});
