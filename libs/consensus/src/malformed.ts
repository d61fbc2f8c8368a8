import { CodecError } from '@quorate/codec';

/** What was read, or null if the bytes are not what they should be: for bytes of others, which may be anything. */
export function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof CodecError) return null;
    throw error;
  }
}
