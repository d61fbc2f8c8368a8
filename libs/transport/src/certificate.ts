import { X509Certificate, createHash, webcrypto } from 'node:crypto';

/** A TLS identity: PKCS #8 key and certificate, both PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** Identity is the pinned hash, not the date: the certificate outlives its ledger. */
const VALID_DAYS = 3_650;

/** A clock may lag this much behind the one that made a certificate. */
const BACKDATED_DAYS = 2;

/** Loads what making a certificate needs (a tenth of a second) ahead of the first one. */
export async function preloadCertificateMaker(): Promise<void> {
  await loadX509();
}

/** Makes a self-signed P-256 identity for one replica. */
export function createReplicaCertificate(commonName: string): Promise<TlsIdentity> {
  return createCertificate(commonName);
}

/** Makes a self-signed P-256 identity for a client, which replicas must be told to accept. */
export function createClientCertificate(commonName: string): Promise<TlsIdentity> {
  return createCertificate(commonName);
}

/** SHA-256 of the certificate's DER, lowercase hex: what a genesis pins. */
export function certificateHash(certificatePem: string): string {
  return derHash(new X509Certificate(certificatePem).raw);
}

/** SHA-256 of DER bytes, lowercase hex. */
export function derHash(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

async function createCertificate(commonName: string): Promise<TlsIdentity> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const serialNumber = Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex');
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber,
      // A verifier looks its anchors up by name, so no two of them may have the same.
      name: [{ CN: [`${commonName} ${serialNumber}`] }],
      notBefore: new Date(Date.now() - BACKDATED_DAYS * DAY_MS),
      notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
    },
    webcrypto as Crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { key: pem('PRIVATE KEY', pkcs8), certificate: pem('CERTIFICATE', Buffer.from(certificate.rawData)) };
}

async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
