import { isId } from './schemas';
import { Problem } from './problem';

/** The place after which a page begins. */
export interface Place {
  readonly createdAt: string;
  readonly id: string;
}

/** A timestamp as PostgreSQL writes it, in the range of years in which it reads every offset. */
const timestampPattern =
  /^([1-9]\d{3}-[01]\d-[0-3]\d) ([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/;

export function writeCursor(place: Place): string {
  return Buffer.from(`${place.createdAt}/${place.id}`).toString('base64url');
}

/** Null for the first page. Throws `REQUEST_INVALID` for a cursor that we did not write. */
export function readCursor(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  const [createdAt = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split('/');
  if (rest.length > 0 || !isTimestamp(createdAt) || !isId(id)) {
    throw new Problem('REQUEST_INVALID', {
      detail: 'the cursor is not one of ours',
      errors: [{ pointer: '/cursor', code: 'FIELD_INVALID', detail: 'not a cursor of this list' }],
    });
  }
  return { createdAt, id };
}

/** PostgreSQL refuses a day that no calendar has; it must not come that far. */
function isTimestamp(text: string): boolean {
  const [, day] = timestampPattern.exec(text) ?? [];
  if (day === undefined) return false;
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}
