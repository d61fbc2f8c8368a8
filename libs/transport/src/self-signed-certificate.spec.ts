import { X509Certificate, createPublicKey } from 'node:crypto';
import { makeSelfSignedCertificate } from './self-signed-certificate';

const content = {
  commonName: 'réplica',
  notBefore: new Date('2026-11-20T01:02:03Z'),
  notAfter: new Date('2056-11-19T04:05:06Z'),
};

describe('self-signed certificate', () => {
  it('is read by another implementation as it was meant', () => {
    const { key, der } = makeSelfSignedCertificate(content);
    const certificate = new X509Certificate(der);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(new Date(certificate.validFrom)).toEqual(content.notBefore);
    expect(new Date(certificate.validTo)).toEqual(content.notAfter);
    expect(certificate.subject).toBe(certificate.issuer);
    expect(certificate.subject).toMatch(/^CN=r.*plica [0-9a-f]{16}$/);
    expect(certificate.raw.equals(der)).toBe(true);
  });

  it('never has the name, the serial number or the key of another', () => {
    const certificates = Array.from({ length: 20 }, () => new X509Certificate(makeSelfSignedCertificate(content).der));
    expect(new Set(certificates.map(({ subject }) => subject)).size).toBe(20);
    expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(20);
    const keys = certificates.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }).toString('hex'));
    expect(new Set(keys).size).toBe(20);
  });

  it('is not accepted under another key', () => {
    const [first, second] = [makeSelfSignedCertificate(content), makeSelfSignedCertificate(content)];
    expect(new X509Certificate(first.der).verify(createPublicKey(second.key))).toBe(false);
  });
});
