import { isId } from './schemas';
import { Problem } from './problem';

/** The place after which a page begins. */
export interface Place {
  readonly createdAt: string;
  readonly id: string;
}

const timestampPattern = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?[+-]\d{2}(:\d{2})?$/;

export function writeCursor(place: Place): string {
  return Buffer.from(`${place.createdAt}/${place.id}`).toString('base64url');
}

/** Null for the first page. Throws `REQUEST_INVALID` for a cursor that we did not write. */
export function readCursor(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  const [createdAt = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split('/');
  if (rest.length > 0 || !timestampPattern.test(createdAt) || !isId(id)) {
    throw new Problem('REQUEST_INVALID', {
      detail: 'the cursor is not one of ours',
      errors: [{ pointer: '/cursor', code: 'FIELD_INVALID', detail: 'not a cursor of this list' }],
    });
  }
  return { createdAt, id };
}
