import { X509Certificate, createHash } from 'node:crypto';
import { makeSelfSignedCertificate } from './self-signed-certificate';

/** A TLS identity: PKCS #8 key and certificate, both PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
}

const DAY_MS = 86_400_000;

/** Identity is the pinned hash, not the date: the certificate outlives its ledger. */
const VALID_DAYS = 3_650;

/** A clock may lag this much behind the one that made a certificate. */
const BACKDATED_DAYS = 2;

/** Makes a self-signed P-256 identity for one replica. */
export function createReplicaCertificate(commonName: string): Promise<TlsIdentity> {
  return Promise.resolve(createCertificate(commonName));
}

/** Makes a self-signed P-256 identity for a client, which replicas must be told to accept. */
export function createClientCertificate(commonName: string): Promise<TlsIdentity> {
  return Promise.resolve(createCertificate(commonName));
}

/** SHA-256 of the certificate's DER, lowercase hex: what a genesis pins. */
export function certificateHash(certificatePem: string): string {
  return derHash(new X509Certificate(certificatePem).raw);
}

/** SHA-256 of DER bytes, lowercase hex. */
export function derHash(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

function createCertificate(commonName: string): TlsIdentity {
  const { key, der } = makeSelfSignedCertificate({
    commonName,
    notBefore: new Date(Date.now() - BACKDATED_DAYS * DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
  });
  return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: pem('CERTIFICATE', der) };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
