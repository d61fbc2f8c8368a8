/** What a result code can be the answer to. */
export type ResultScope =
  'envelope' | 'party' | 'asset' | 'account' | 'transfer' | 'mandate' | 'freeze' | 'record' | 'attestation';

/** One line of the table of result codes. */
export interface ResultDefinition {
  readonly number: number;
  readonly scopes: readonly ResultScope[];
  readonly meaning: string;
}

/** Everything that an operation of an executed envelope can be. */
export const EVERY: readonly ResultScope[] = [
  'party',
  'asset',
  'account',
  'transfer',
  'mandate',
  'freeze',
  'record',
  'attestation',
];
/** What has an id that the client chooses. */
export const WITH_ID: readonly ResultScope[] = ['party', 'account', 'transfer', 'mandate', 'record'];
/** What can be part of a linked chain. */
export const CHAINABLE: readonly ResultScope[] = ['account', 'transfer'];

/** One line of the table. */
export function code(number: number, scopes: readonly ResultScope[], meaning: string): ResultDefinition {
  return Object.freeze({ number, scopes: Object.freeze([...scopes]), meaning });
}
