import { existsSync, readFileSync } from 'node:fs';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { hex, unhex } from './bytes';
import { fastEd25519 } from './native';
import { sha256 } from './sha256';
import { publicKeyAcceptable, verifySignature, verifySignaturePortable, type KeyScheme } from './signature';

// Published vectors lie beside the project where there are any; the cases made here run everywhere.
const vectors = join(__dirname, '../../../../shared/vectors');

function read<Content>(name: string): Content | null {
  const path = join(vectors, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Content) : null;
}

interface WycheproofCase {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}
interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk?: string; readonly uncompressed?: string };
    readonly tests: readonly WycheproofCase[];
  }[];
}

function compressed(uncompressed: string): string {
  const odd = Number.parseInt(uncompressed.slice(-2), 16) % 2 === 1;
  return (odd ? '03' : '02') + uncompressed.slice(2, 66);
}

function disagreements(file: WycheproofFile, scheme: KeyScheme): number[] {
  const wrong: number[] = [];
  for (const group of file.testGroups) {
    const key = unhex(group.publicKey.pk ?? compressed(group.publicKey.uncompressed ?? ''));
    for (const { tcId, msg, sig, result } of group.tests) {
      const answer = verifySignature(scheme, key, unhex(msg), unhex(sig));
      const portable = verifySignaturePortable(scheme, key, unhex(msg), unhex(sig));
      if (answer !== (result === 'valid') || portable !== answer) wrong.push(tcId);
    }
  }
  return wrong;
}

describe('the one signature rule', () => {
  const message = new TextEncoder().encode('a message');

  it('accepts what Node signs and refuses every flipped bit of an Ed25519 signature', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12));
    const signature = new Uint8Array(sign(null, message, privateKey));
    expect(verifySignature('ed25519', key, message, signature)).toBe(true);
    expect(verifySignaturePortable('ed25519', key, message, signature)).toBe(true);
    for (let bit = 0; bit < 512; bit += 1) {
      const tampered = Uint8Array.from(signature);
      tampered[bit >> 3] ^= 1 << (bit & 7);
      expect(verifySignature('ed25519', key, message, tampered)).toBe(false);
    }
  });

  it('accepts P-256 with either S, in Node and in portable code', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const point = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(26));
    const key = unhex(compressed(hex(point)));
    for (let round = 0; round < 8; round += 1) {
      const signature = new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
      expect(verifySignature('p256', key, message, signature)).toBe(true);
      expect(verifySignaturePortable('p256', key, message, signature)).toBe(true);
    }
    expect(publicKeyAcceptable({ scheme: 'p256', bytes: key })).toBe(true);
  });

  it('refuses keys of small order, non-canonical keys and points off the curve', () => {
    const refused = ['01' + '00'.repeat(31), '00'.repeat(32), 'ee' + 'ff'.repeat(30) + '7f', '02' + '00'.repeat(31)];
    for (const key of refused) expect(publicKeyAcceptable({ scheme: 'ed25519', bytes: unhex(key) })).toBe(false);
    expect(publicKeyAcceptable({ scheme: 'p256', bytes: unhex('02' + 'ff'.repeat(32)) })).toBe(false);
    expect(publicKeyAcceptable({ scheme: 'p256', bytes: unhex('04' + '11'.repeat(32)) })).toBe(false);
  });

  it('agrees with the published Ed25519 and P-256 cases', () => {
    const ed25519 = read<WycheproofFile>('wycheproof-ed25519_test.json');
    const p256 = read<WycheproofFile>('wycheproof-ecdsa_secp256r1_sha256_p1363_test.json');
    expect(ed25519 === null ? [] : disagreements(ed25519, 'ed25519')).toEqual([]);
    expect(p256 === null ? [] : disagreements(p256, 'p256')).toEqual([]);
  });

  it('answers all 914 edge cases as it always did, with and without Node', () => {
    const cases = read<{ key: string; sig: string; msg: string }[]>('cctv-ed25519.json');
    if (cases === null) return;
    const encoder = new TextEncoder();
    const inputs = cases.map(({ key, sig, msg }) => [unhex(key), encoder.encode(msg), unhex(sig)] as const);
    const answers = inputs.map(([key, text, signature]) => verifySignature('ed25519', key, text, signature));
    expect(inputs.map(([key, text, signature]) => verifySignaturePortable('ed25519', key, text, signature))).toEqual(
      answers,
    );
    const pinned = createHash('sha256').update(answers.map(Number).join('')).digest('hex');
    expect({ accepted: answers.filter(Boolean).length, pinned }).toMatchInlineSnapshot(`
     {
       "accepted": 86,
       "pinned": "292af787aa06133b4bbfe2738913cb1d5bd9a58e95ecb034b769675cf15c8b45",
     }
    `);
  });

  it('never lets the fast verifier accept what the rule refuses', () => {
    const cases = read<{ key: string; sig: string; msg: string }[]>('cctv-ed25519.json');
    if (cases === null || fastEd25519 === undefined) return;
    const encoder = new TextEncoder();
    let accepted = 0;
    for (const { key, sig, msg } of cases) {
      const [bytes, text, signature] = [unhex(key), encoder.encode(msg), unhex(sig)];
      if (signature.length !== 64 || !fastEd25519.crypto_sign_verify_detached(signature, text, bytes)) continue;
      accepted += 1;
      expect(verifySignaturePortable('ed25519', bytes, text, signature)).toBe(true);
    }
    expect(accepted).toBe(43);
  });

  it('hashes as Node does', () => {
    expect(hex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'));
  });
});
