import { generateKeyPairSync, sign } from 'node:crypto';

import { hex, verifySignature } from '@quorate/crypto';
import {
  decodeEnvelope,
  encodeEnvelopeContent,
  envelopeHash,
  envelopeSigningBytes,
  type Operation,
  OPEN_ASSET_POLICY,
} from '@quorate/protocol';

import { buildEnvelope, signEnvelope } from './envelope';
import { idFromHex, idToHex, randomId } from './ids';
import { ed25519Signer, generateWebCryptoKey, webCryptoSigner, type Signer } from './signer';

const genesisId = '07'.repeat(32);
const operations: Operation[] = [
  { kind: 'create_asset', asset: { id: 756, scale: 2, code: 'CHF', issuer: 1n, ...OPEN_ASSET_POLICY } },
];

function nodeEd25519Signer(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return ed25519Signer({
    publicKey: new Uint8Array(raw),
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  });
}

describe('envelope', () => {
  it.each([
    ['p256', async () => webCryptoSigner(await generateWebCryptoKey())],
    ['ed25519', async () => nodeEd25519Signer()],
  ])('carries a signature of %s that a replica accepts', async (scheme, makeSigner) => {
    const signer = await makeSigner();
    const signed = await signEnvelope(buildEnvelope({ genesisId, party: 1n, operations }), signer);
    const decoded = decodeEnvelope(signed.bytes);
    expect(decoded.operations).toEqual(operations);
    expect(decoded.signatures.map(({ key }) => key)).toEqual([0]);
    const message = envelopeSigningBytes(envelopeHash(encodeEnvelopeContent(decoded)));
    expect(signer.scheme).toBe(scheme);
    expect(verifySignature(signer.scheme, signer.publicKey, message, decoded.signatures[0].bytes)).toBe(true);
    expect(signed.hash).toBe(hex(envelopeHash(encodeEnvelopeContent(decoded))));
  });

  it('keeps a signature made elsewhere and orders signatures by key', async () => {
    const [first, second] = [nodeEd25519Signer(), nodeEd25519Signer()];
    const draft = buildEnvelope({ genesisId, party: 1n, operations });
    const bySecond = await signEnvelope(draft, [{ key: 1, signer: second }]);
    const byBoth = await signEnvelope(bySecond.envelope, [{ key: 0, signer: first }]);
    expect(byBoth.hash).toBe(bySecond.hash);
    expect(decodeEnvelope(byBoth.bytes).signatures.map(({ key }) => key)).toEqual([0, 1]);
  });

  it('does not let the private key be read unless asked', async () => {
    const pair = await generateWebCryptoKey();
    await expect(globalThis.crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
    const backup = await generateWebCryptoKey({ extractable: true });
    expect((await globalThis.crypto.subtle.exportKey('pkcs8', backup.privateKey)).byteLength).toBeGreaterThan(100);
  });

  it('refuses an empty envelope and a wrong genesis id', () => {
    expect(() => buildEnvelope({ genesisId, party: 1n, operations: [] })).toThrow(RangeError);
    expect(() => buildEnvelope({ genesisId: '0707', party: 1n, operations })).toThrow(TypeError);
  });
});

describe('ids', () => {
  it('writes 32 hex digits and reads them back', () => {
    const id = randomId();
    expect(idToHex(id)).toMatch(/^[0-9a-f]{32}$/);
    expect(idFromHex(idToHex(id))).toBe(id);
    expect(idToHex(5n)).toBe('0'.repeat(31) + '5');
    expect(() => idFromHex('5')).toThrow('32 lowercase');
  });
});
