import {
  decodeFinalityProof,
  decodeGenesis,
  decodeHeader,
  decodeReceipt,
  type BlockHeader,
  type FinalityProof,
  type Genesis,
} from '@quorate/protocol';
import { bytesOf, proofOf, integerOf, malformed, objectOf, pathOf } from './json-fields';
import { RESULT_FIELDS, resultOf, type ParsedResult } from './result-parser';

/** A receipt with every part decoded; nothing of it is proved yet. */
export interface ParsedReceipt extends ParsedResult {
  readonly genesis: Genesis;
  readonly resultCount: number;
  readonly blockId: Uint8Array;
  readonly historyPath: readonly Uint8Array[];
  readonly header: BlockHeader;
  readonly certificate: FinalityProof;
}

const VERSION = 2;
const RECEIPT_FIELDS = [
  ...RESULT_FIELDS,
  'version',
  'genesis',
  'resultCount',
  'blockId',
  'historyPath',
  'header',
  'certificate',
];

/** Decodes a receipt of any origin, from JSON data or in compact form; throws CodecError naming the field at fault. */
export function parseReceipt(value: unknown): ParsedReceipt {
  const fields = objectOf(value instanceof Uint8Array ? decodeReceipt(value) : value, 'receipt', RECEIPT_FIELDS);
  if (fields.version !== VERSION) throw malformed('version');
  return {
    ...resultOf(fields),
    genesis: decodeGenesis(bytesOf(fields.genesis, 'genesis')),
    resultCount: integerOf(fields.resultCount, 'resultCount', 0xffff_ffff),
    blockId: bytesOf(fields.blockId, 'blockId', 32),
    historyPath: pathOf(fields.historyPath, 'historyPath'),
    header: decodeHeader(bytesOf(fields.header, 'header')),
    certificate: decodeFinalityProof(proofOf(fields.certificate, 'certificate')),
  };
}
