import { CodecError } from '@quorate/codec';

/** Control characters, and those that turn the direction of text: what people read must look like what it is. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/u;

/** Throws CodecError if the text, which `what` names, holds a character that hides or turns others. */
export function assertPrintable(text: string, what: string): void {
  if (UNPRINTABLE.test(text)) throw new CodecError('CODEC_INVALID', `${what} holds a control or direction character`);
}
