import { formatId, parseId } from '@quorate/protocol';

const idBits = 128;
const idReserved = (1n << BigInt(idBits)) - 1n;

/** A new random 128-bit id for a party, account, transfer or envelope. Never one of the two reserved values. */
export function randomId(): bigint {
  for (;;) {
    const bytes = globalThis.crypto.getRandomValues(new Uint8Array(idBits / 8));
    const id = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    if (id !== 0n && id !== idReserved) return id;
  }
}

/** A 128-bit id as the API writes it: 32 lowercase hex digits. */
export function idToHex(id: bigint | string): string {
  return formatId(typeof id === 'string' ? parseId(id) : id);
}

/** Reads an id as the API writes it; throws CodecError on anything else. */
export function idFromHex(text: string): bigint {
  return parseId(text);
}
