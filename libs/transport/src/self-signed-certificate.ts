import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What is written into a certificate. */
export interface CertificateContent {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A new key and the DER of its certificate. */
export interface CertificateAndKey {
  readonly key: KeyObject;
  readonly der: Buffer;
}

/*
 * DER of RFC 5280 §4.1, only the part that a self-signed P-256 certificate without extensions needs. Making it with a general library
 * takes a fifth of a second of a core to load, in every new replica process.
 */
const OID_COMMON_NAME = Buffer.from('0603550403', 'hex');
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
const VERSION_3 = Buffer.from('a003020102', 'hex');
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;
const SERIAL_BYTES = 8;

/** Makes a P-256 key and a certificate for it, signed by itself. The serial number stands in the name too, so that no two names are equal. */
export function makeSelfSignedCertificate(content: CertificateContent): CertificateAndKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(SERIAL_BYTES);
  // A leading 01 keeps the integer positive and in its shortest form.
  const serialNumber = element(TAG.integer, Buffer.of(1), serial);
  const name = distinguishedName(`${content.commonName} ${serial.toString('hex')}`);
  const validity = element(TAG.sequence, time(content.notBefore), time(content.notAfter));
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const toSign = element(TAG.sequence, VERSION_3, serialNumber, ECDSA_WITH_SHA256, name, validity, name, publicKeyInfo);
  const signature = sign('sha256', toSign, { key: privateKey, dsaEncoding: 'der' });
  const der = element(TAG.sequence, toSign, ECDSA_WITH_SHA256, element(TAG.bitString, Buffer.of(0), signature));
  return { key: privateKey, der };
}

function distinguishedName(commonName: string): Buffer {
  const attribute = element(TAG.sequence, OID_COMMON_NAME, element(TAG.utf8String, Buffer.from(commonName, 'utf8')));
  return element(TAG.sequence, element(TAG.set, attribute));
}

/** RFC 5280 §4.1.2.5: two digits of the year before 2050, four from then on. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? element(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : element(TAG.generalizedTime, Buffer.from(`${digits}Z`));
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
