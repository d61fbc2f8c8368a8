import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { PaymentFileProblem } from './problem';

/** One element with its decoded text, its attributes and where it begins in the file. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
  readonly offset: number;
}

type ParsedNode = Record<string, unknown> & { ':@'?: Record<string, string> };

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTE_PREFIX = '@_';
const metadata = XMLParser.getMetaDataSymbol() as unknown as string;

// Values stay text: a parser that guesses numbers turns the account 007 into 7. Entities are decoded here, where a
// character reference and an escaped ampersand before one can still be told apart.
const parserOptions = {
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
} as const;

/** Parses text that has passed the markup scan; throws `PaymentFileProblem` when it is not well-formed. */
export function parseXmlTree(xml: string): XmlElement {
  const verdict = XMLValidator.validate(xml);
  if (verdict !== true) {
    const { line, col, msg } = verdict.err;
    throw new PaymentFileProblem('XML_MALFORMED', offsetOf(xml, line, col), msg);
  }
  const nodes = parseNodes(xml);
  const roots = nodes.filter((node) => nameOf(node) !== TEXT);
  if (roots.length !== 1)
    throw new PaymentFileProblem('XML_MALFORMED', 0, 'the file must hold exactly one root element');
  return elementFrom(roots[0], 0);
}

function parseNodes(xml: string): ParsedNode[] {
  try {
    return new XMLParser(parserOptions).parse(xml) as ParsedNode[];
  } catch (error) {
    throw new PaymentFileProblem('XML_MALFORMED', 0, error instanceof Error ? error.message : 'not readable as XML');
  }
}

function nameOf(node: ParsedNode): string {
  return Object.keys(node).find((key) => key !== ':@') ?? '';
}

function elementFrom(node: ParsedNode, parentOffset: number): XmlElement {
  const name = nameOf(node);
  const offset = startOf(node) ?? parentOffset;
  const attributes = new Map<string, string>();
  for (const [key, value] of Object.entries(node[':@'] ?? {})) {
    attributes.set(key.slice(ATTRIBUTE_PREFIX.length), decodeEntities(value, offset));
  }
  const children: XmlElement[] = [];
  let text = '';
  for (const child of node[name] as ParsedNode[]) {
    const childName = nameOf(child);
    if (childName === TEXT) text += decodeEntities(String(child[TEXT]), offset);
    else if (childName === CDATA) text += cdataText(child);
    else children.push(elementFrom(child, offset));
  }
  return { name, attributes, children, text, offset };
}

function startOf(node: ParsedNode): number | undefined {
  return (node[metadata] as { startIndex?: number } | undefined)?.startIndex;
}

function cdataText(node: ParsedNode): string {
  const parts = node[CDATA] as ParsedNode[];
  return parts.map((part) => String(part[TEXT] ?? '')).join('');
}

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeEntities(text: string, offset: number): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]{0,12});?/g, (reference, name: string) => {
    const decoded = reference.endsWith(';') ? (PREDEFINED.get(name) ?? characterOf(name)) : undefined;
    if (decoded !== undefined) return decoded;
    throw new PaymentFileProblem(
      'XML_ENTITY_REFUSED',
      offset,
      'only the five predefined entities and character references',
    );
  });
}

function characterOf(name: string): string | undefined {
  const match = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name);
  if (match === null) return undefined;
  const point = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  const allowed =
    point === 9 ||
    point === 10 ||
    point === 13 ||
    (point >= 0x20 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    (point >= 0x10000 && point <= 0x10ffff);
  return allowed ? String.fromCodePoint(point) : undefined;
}

/** Offset of a line and column, both counted from 1. */
function offsetOf(xml: string, line: number, column: number): number {
  let offset = 0;
  for (let current = 1; current < line; current += 1) {
    const end = xml.indexOf('\n', offset);
    if (end < 0) break;
    offset = end + 1;
  }
  return Math.min(xml.length, offset + Math.max(0, column - 1));
}
