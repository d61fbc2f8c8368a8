const idBits = 128;
const idDigits = idBits / 4;
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
  return (typeof id === 'string' ? idFromHex(id) : id).toString(16).padStart(idDigits, '0');
}

/** Reads an id as the API writes it. */
export function idFromHex(text: string): bigint {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw new TypeError(`an id is ${idDigits} hex digits, not "${text}"`);
  return BigInt(`0x${text}`);
}
