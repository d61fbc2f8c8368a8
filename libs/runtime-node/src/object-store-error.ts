import { CodedError, type ErrorFacts } from '@quorate/errors';
import { OBJECT_BYTES_MAX, OBJECT_NAME_CHARACTERS_MAX } from '@quorate/runtime';

/** What can be wrong with a store of objects; see the port. */
export type ObjectStoreErrorCode =
  'OBJECT_STORE_UNREACHABLE' | 'OBJECT_STORE_FULL' | 'OBJECT_STORE_REFUSED' | 'OBJECT_STORE_INVALID';

/** A store of objects did not do what it was asked. */
export class ObjectStoreError extends CodedError {
  constructor(code: ObjectStoreErrorCode, message: string, facts: ErrorFacts = {}) {
    super(code, message, facts);
  }
}

const PART_PATTERN = /^[a-z0-9_-][a-z0-9._-]*$/;

/** Throws OBJECT_STORE_INVALID for a name that not every store could hold. */
export function assertObjectName(name: string): void {
  const fits = name.length <= OBJECT_NAME_CHARACTERS_MAX && name.split('/').every((part) => PART_PATTERN.test(part));
  if (!fits)
    throw new ObjectStoreError('OBJECT_STORE_INVALID', 'this is no name of an object', { name: name.slice(0, 64) });
}

/** Throws OBJECT_STORE_INVALID for an object that is too large. */
export function assertObjectSize(bytes: Uint8Array): void {
  if (bytes.length > OBJECT_BYTES_MAX)
    throw new ObjectStoreError('OBJECT_STORE_INVALID', `an object has at most ${OBJECT_BYTES_MAX} bytes`, {
      bytes: bytes.length,
    });
}
