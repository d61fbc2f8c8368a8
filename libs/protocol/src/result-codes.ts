// Every outcome of an operation, with its number on the wire. A number is never reused and never changes its meaning.
// Names and order of precedence follow TigerBeetle's published reference where it has the case.
import { AUTHORITY_RESULTS } from './authority-results';
import { ENTITY_RESULTS } from './entity-results';
import { ENVELOPE_RESULTS } from './envelope-results';
import type { ResultDefinition } from './result-definition';
import { TRANSFER_RESULTS } from './transfer-results';

/** The table of result codes: name to number, scope and meaning. */
export const RESULT_DEFINITIONS = Object.freeze({
  ...ENTITY_RESULTS,
  ...AUTHORITY_RESULTS,
  ...TRANSFER_RESULTS,
  ...ENVELOPE_RESULTS,
} as const);

/** The name of a result code, as it stands in JSON and in the documentation. */
export type ResultName = keyof typeof RESULT_DEFINITIONS;

const entries = Object.entries(RESULT_DEFINITIONS) as [ResultName, ResultDefinition][];

/** Name to number (u16 on the wire). */
export const RESULT_CODES: Readonly<Record<ResultName, number>> = Object.freeze(
  Object.fromEntries(entries.map(([name, definition]) => [name, definition.number])) as Record<ResultName, number>,
);

const names = new Map<number, ResultName>(entries.map(([name, definition]) => [definition.number, name]));

/** The name of a code, or undefined for a number that no code has. */
export function resultName(number: number): ResultName | undefined {
  return names.get(number);
}
