import { PaymentFileProblem } from './problem';

/** Named maxima of one XML file, enforced before the parser sees it. */
export const XML_LIMITS = {
  bytesMax: 1_048_576,
  depthMax: 32,
  elementsMax: 150_000,
  attributesMax: 16,
  tagCharactersMax: 4_096,
} as const;

// Characters that XML 1.0 forbids everywhere, lone surrogates included.
const FORBIDDEN_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}(?::[A-Za-z][A-Za-z0-9_.-]{0,63})?$/;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'])?[^?<>]{0,40}\?>/;

/** Decodes a file to text with `\n` line ends; refuses what is not UTF-8, too long or not allowed in XML. */
export function decodeXml(source: string | Uint8Array): string {
  const length = typeof source === 'string' ? source.length : source.byteLength;
  if (length > XML_LIMITS.bytesMax) {
    throw new PaymentFileProblem('FILE_TOO_LARGE', 0, `the file is larger than ${XML_LIMITS.bytesMax} bytes`);
  }
  const decoded = typeof source === 'string' ? source : decodeUtf8(source);
  const text = decoded.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const forbidden = FORBIDDEN_CHARACTER.exec(text);
  if (forbidden !== null) {
    throw new PaymentFileProblem('XML_CHARACTER_FORBIDDEN', forbidden.index, 'a character that XML does not allow');
  }
  const encoding = DECLARATION.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) {
    throw new PaymentFileProblem('XML_ENCODING_UNSUPPORTED', 0, `the file declares ${encoding}; send it as UTF-8`);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PaymentFileProblem('XML_ENCODING_UNSUPPORTED', 0, 'the file is not valid UTF-8');
  }
}

/**
 * One linear pass over the markup. Refuses document type declarations, entities and processing instructions, and bounds
 * depth, tags and attributes, so that nothing the parser does with the rest can grow beyond the file itself.
 */
export function scanMarkup(xml: string): void {
  let index = DECLARATION.exec(xml)?.[0].length ?? 0;
  let depth = 0;
  let elements = 0;
  for (let open = xml.indexOf('<', index); open >= 0; open = xml.indexOf('<', index)) {
    if (xml.startsWith('<!--', open)) {
      index = skipPast(xml, open, 4, '-->', 'comment');
    } else if (xml.startsWith('<![CDATA[', open)) {
      index = skipPast(xml, open, 9, ']]>', 'CDATA section');
    } else if (xml[open + 1] === '!') {
      throw new PaymentFileProblem('XML_DOCTYPE_REFUSED', open, 'document type declarations and entities are refused');
    } else if (xml[open + 1] === '?') {
      throw new PaymentFileProblem('XML_INSTRUCTION_REFUSED', open, 'processing instructions are refused');
    } else {
      const end = endOfTag(xml, open);
      checkName(xml, open, end);
      index = end + 1;
      if (xml[open + 1] === '/') depth -= 1;
      else if (xml[end - 1] !== '/') depth += 1;
      elements += 1;
      if (depth > XML_LIMITS.depthMax) {
        throw new PaymentFileProblem('XML_TOO_DEEP', open, `elements are nested deeper than ${XML_LIMITS.depthMax}`);
      }
      if (elements > XML_LIMITS.elementsMax) {
        throw new PaymentFileProblem('XML_TOO_MANY_ELEMENTS', open, `more than ${XML_LIMITS.elementsMax} tags`);
      }
    }
  }
}

function skipPast(xml: string, open: number, prefixLength: number, terminator: string, what: string): number {
  const end = xml.indexOf(terminator, open + prefixLength);
  if (end < 0) throw new PaymentFileProblem('XML_MALFORMED', open, `the ${what} is not closed`);
  return end + terminator.length;
}

/** Index of the `>` that closes the tag opened at `open`; quotes may hide one. */
function endOfTag(xml: string, open: number): number {
  const limit = Math.min(xml.length, open + XML_LIMITS.tagCharactersMax);
  let quote = '';
  let attributes = 0;
  for (let index = open + 1; index < limit; index += 1) {
    const character = xml[index];
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '<') throw new PaymentFileProblem('XML_MALFORMED', index, 'a "<" inside an attribute');
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '=') attributes += 1;
    else if (character === '<') throw new PaymentFileProblem('XML_MALFORMED', index, 'a "<" inside a tag');
    else if (character === '>') {
      if (attributes <= XML_LIMITS.attributesMax) return index;
      const detail = `more than ${XML_LIMITS.attributesMax} attributes on one element`;
      throw new PaymentFileProblem('XML_TOO_MANY_ATTRIBUTES', open, detail);
    }
  }
  if (limit === xml.length) throw new PaymentFileProblem('XML_MALFORMED', open, 'the tag is not closed');
  const detail = `a tag is longer than ${XML_LIMITS.tagCharactersMax} characters`;
  throw new PaymentFileProblem('XML_TAG_TOO_LONG', open, detail);
}

function checkName(xml: string, open: number, end: number): void {
  const start = xml[open + 1] === '/' ? open + 2 : open + 1;
  const name = xml.slice(start, end).split(/[\s/]/, 1)[0];
  if (!NAME.test(name)) throw new PaymentFileProblem('XML_NAME_REFUSED', open, 'an element name that is not accepted');
}
