/** Longest name of a party on a ledger, in bytes of UTF-8. */
const partyNameBytesMax = 64;

/** Whether a name fits into a party's record; a Chinese character takes three bytes. */
export const fitsPartyName = (name: string): boolean =>
  new TextEncoder().encode(name.trim()).length <= partyNameBytesMax;
