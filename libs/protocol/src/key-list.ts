import { CodecError, type Reader, type Writer } from '@quorate/codec';
import { PUBLIC_KEY_BYTES, type KeyScheme, type PublicKey } from '@quorate/crypto';

const SCHEME_TAGS: Readonly<Record<KeyScheme, number>> = { ed25519: 1, p256: 2 };
const SCHEMES: readonly (KeyScheme | undefined)[] = [undefined, 'ed25519', 'p256'];

/** A count (u8) and that many keys. Throws CodecError if there are more than `countMax`. */
export function writeKeys(writer: Writer, keys: readonly PublicKey[], countMax: number): void {
  if (keys.length > countMax) throw new CodecError('CODEC_RANGE', `at most ${countMax} keys`, { count: keys.length });
  writer.u8(keys.length);
  for (const key of keys) writer.u8(SCHEME_TAGS[key.scheme]).fixed(key.bytes, PUBLIC_KEY_BYTES[key.scheme]);
}

/** Reads what writeKeys wrote; whether the keys are acceptable is another question. Throws CodecError. */
export function readKeys(reader: Reader, countMax: number): PublicKey[] {
  const count = reader.u8();
  if (count > countMax) throw new CodecError('CODEC_RANGE', `at most ${countMax} keys`, { count });
  const keys: PublicKey[] = [];
  for (let index = 0; index < count; index += 1) {
    const scheme = SCHEMES[reader.u8()];
    if (scheme === undefined) throw new CodecError('CODEC_INVALID', 'unknown key scheme');
    keys.push({ scheme, bytes: reader.fixed(PUBLIC_KEY_BYTES[scheme]).slice() });
  }
  return keys;
}
