import {
  decodeFinalityProof,
  decodeGenesis,
  decodeHeader,
  type BlockHeader,
  type FinalityProof,
  type Genesis,
} from '@quorate/protocol';
import { bytesOf, proofOf, idOf, integerOf, listOf, malformed, objectOf, pathOf } from './json-fields';
import { RESULT_FIELDS, resultOf, type ParsedResult } from './result-parser';

/** A block that lines stand in. */
export interface ParsedBlock {
  readonly height: number;
  readonly blockId: Uint8Array;
  readonly resultCount: number;
  readonly historyPath: readonly Uint8Array[];
}

/** One page of a statement with every part decoded; nothing of it is proved yet. */
export interface ParsedStatement {
  readonly genesis: Genesis;
  readonly account: bigint;
  readonly blocks: ReadonlyMap<number, ParsedBlock>;
  readonly lines: readonly ParsedResult[];
  readonly attestation: ParsedResult | null;
  readonly header: BlockHeader;
  readonly certificate: FinalityProof;
}

const VERSION = 1;
const LINES_MAX = 1_000;
const PAGES_MAX = 10_000;
const STATEMENT_FIELDS = ['version', 'genesis', 'account', 'blocks', 'lines', 'attestation', 'header', 'certificate'];
const BLOCK_FIELDS = ['height', 'blockId', 'resultCount', 'historyPath'];

function blockOf(value: unknown, field: string): ParsedBlock {
  const fields = objectOf(value, field, BLOCK_FIELDS);
  return {
    height: integerOf(fields.height, `${field}.height`, Number.MAX_SAFE_INTEGER),
    blockId: bytesOf(fields.blockId, `${field}.blockId`, 32),
    resultCount: integerOf(fields.resultCount, `${field}.resultCount`, 0xffff_ffff),
    historyPath: pathOf(fields.historyPath, `${field}.historyPath`),
  };
}

function blocksOf(value: unknown): Map<number, ParsedBlock> {
  const blocks = new Map<number, ParsedBlock>();
  let last = 0;
  for (const [index, item] of listOf(value, 'blocks', LINES_MAX + 1).entries()) {
    const block = blockOf(item, `blocks[${index}]`);
    if (block.height <= last) throw malformed(`blocks[${index}].height`);
    last = block.height;
    blocks.set(block.height, block);
  }
  return blocks;
}

function lineOf(value: unknown, field: string): ParsedResult {
  return resultOf(objectOf(value, field, RESULT_FIELDS));
}

function pageOf(value: unknown): ParsedStatement {
  const fields = objectOf(value, 'statement', STATEMENT_FIELDS);
  if (fields.version !== VERSION) throw malformed('version');
  return {
    genesis: decodeGenesis(bytesOf(fields.genesis, 'genesis')),
    account: idOf(fields.account, 'account'),
    blocks: blocksOf(fields.blocks),
    lines: listOf(fields.lines, 'lines', LINES_MAX).map((line, index) => lineOf(line, `lines[${index}]`)),
    attestation: fields.attestation === null ? null : lineOf(fields.attestation, 'attestation'),
    header: decodeHeader(bytesOf(fields.header, 'header')),
    certificate: decodeFinalityProof(proofOf(fields.certificate, 'certificate')),
  };
}

/** Decodes a statement, one page or a list of pages, from JSON data of any origin; throws CodecError naming the field at fault. */
export function parseStatement(value: unknown): ParsedStatement[] {
  const pages = Array.isArray(value) ? listOf(value, 'statement', PAGES_MAX) : [value];
  if (pages.length === 0) throw malformed('statement');
  return pages.map(pageOf);
}
