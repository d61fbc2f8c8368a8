/** Largest object: it is held in memory whole on its way. */
export const OBJECT_BYTES_MAX = 33_554_432;

/** Names have at most this many characters of `a-z 0-9 . - _ /`, no empty part and none that begins with a dot; none is another one's folder. */
export const OBJECT_NAME_CHARACTERS_MAX = 512;

/** Names in one answer of `list`. */
export const OBJECT_NAMES_MAX = 1_000;

/** A part of an object. */
export interface ObjectRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * Objects by name, written once and never changed. Every call ends within a stated time. Failures are CodedErrors: OBJECT_STORE_UNREACHABLE
 * (later it may work), OBJECT_STORE_FULL, OBJECT_STORE_REFUSED (credentials, or a place that is not there), OBJECT_STORE_INVALID (the caller's error).
 */
export interface ObjectStore {
  /** Puts a whole object; durable when it resolves. False if there is one of this name: it stays as it is. */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>;
  /** A whole object or a part of it, which may end behind the object's end; null if there is none of this name. */
  get(name: string, range?: ObjectRange): Promise<Uint8Array | null>;
  /** Names that begin with `prefix`, ascending by code unit, from the first one behind `after` on: at most OBJECT_NAMES_MAX, fewer only at the end. */
  list(prefix: string, after?: string): Promise<readonly string[]>;
  /** Removes an object; no error if there is none. */
  delete(name: string): Promise<void>;
}
