import { CodecError } from '@quorate/codec';
import { equalBytes, hex } from '@quorate/crypto';
import {
  bytesToUuid,
  formatId,
  genesisId,
  type AccountAfter,
  type ResultOperation,
  type ResultPosition,
  type Configuration,
} from '@quorate/protocol';
import { addsUp, follows, isBeginning, isLater, linkOf, type ChainLink } from './account-chain';
import { finalBy, historyContains, leafOf, resultsRootOf } from './proof';
import { parentOf, type ProvenParent } from './receipt';
import type { ParsedResult } from './result-parser';
import { parseStatement, type ParsedBlock, type ParsedStatement } from './statement-parser';

/** One proven line of a statement. */
export interface ProvenLine {
  readonly height: number;
  readonly index: number;
  readonly timestampNs: bigint;
  readonly operation: ResultOperation;
  readonly side: 'debit' | 'credit';
  /** The other account; null if there is none. */
  readonly counterparty: bigint | null;
  /** Moved, reserved or released, in minor units. */
  readonly amount: bigint;
  readonly after: AccountAfter;
}

/** What a valid statement proves: that these are the account's results, all of them, from the first line to the last. */
export interface ProvenStatement {
  readonly ok: true;
  readonly ledgerId: string;
  /** Trust anchor: compare it with the one you were given when the ledger was created. */
  readonly genesisId: string;
  readonly parent: ProvenParent | null;
  readonly account: bigint;
  readonly lines: readonly ProvenLine[];
  /** The result before the first line, if it is the parent's: a statement of that ledger goes on from there, backwards. */
  readonly inherited: ResultPosition | null;
  /**
   * Nothing is missing in the blocks from the one height to the other; 0 is the creation of the account. Of an account that a fork inherited,
   * lines begin above the parent's height.
   */
  readonly completeFrom: number;
  readonly completeThrough: number;
}

export type StatementFault =
  | 'STATEMENT_MALFORMED'
  | 'STATEMENT_OTHER_LEDGER'
  | 'STATEMENT_OTHER_ACCOUNT'
  | 'STATEMENT_LINE_NOT_IN_HISTORY'
  | 'STATEMENT_CERTIFICATE_INVALID'
  | 'STATEMENT_LINE_MISSING'
  | 'STATEMENT_SUMS_WRONG'
  | 'STATEMENT_EMPTY';

export interface StatementRefusal {
  readonly ok: false;
  readonly code: StatementFault;
  readonly detail: string;
}

/** An account at a past height. `complete`: it is proved that nothing touched it between `line` and the end of that block. */
export interface BalanceAt {
  /** Null: the account did not exist yet. */
  readonly line: ProvenLine | null;
  readonly complete: boolean;
}

class Refusal extends Error {
  constructor(
    readonly code: StatementFault,
    detail: string,
  ) {
    super(detail);
  }
}

function where({ height, record }: ParsedResult): string {
  return `height ${height}, index ${record.index}`;
}

/** Demands that the line is among the results of a block in the certified history. */
function proveLine(page: ParsedStatement, line: ParsedResult, known: Map<ParsedBlock, Uint8Array>): void {
  const block = page.blocks.get(line.height);
  const root = block === undefined ? null : resultsRootOf(line, block.resultCount);
  if (block === undefined || root === null)
    throw new Refusal(
      'STATEMENT_LINE_NOT_IN_HISTORY',
      `the line at ${where(line)} is not among the results of its block`,
    );
  const proven = known.get(block);
  const holds = proven === undefined ? historyContains(page.header, block, root) : equalBytes(proven, root);
  if (!holds)
    throw new Refusal(
      'STATEMENT_LINE_NOT_IN_HISTORY',
      `the line at ${where(line)} does not lead to the certified root`,
    );
  known.set(block, root);
}

function provePage(page: ParsedStatement, trusted: Configuration | undefined): void {
  const known = new Map<ParsedBlock, Uint8Array>();
  for (const line of page.lines) proveLine(page, line, known);
  if (page.attestation !== null) proveLine(page, page.attestation, known);
  // What nothing leads to is not proved, and could be anything.
  if (known.size < page.blocks.size)
    throw new Refusal('STATEMENT_MALFORMED', 'a block is shown that no line stands in');
  const fault = finalBy(page.genesis, page.header, page.certificate, trusted);
  if (typeof fault === 'string') throw new Refusal('STATEMENT_CERTIFICATE_INVALID', fault);
}

function linkFor(result: ParsedResult, account: bigint): ChainLink {
  const link = linkOf(result, account);
  if (link !== null) return link;
  throw new Refusal(
    'STATEMENT_OTHER_ACCOUNT',
    `the result at ${where(result)} does not show account ${formatId(account)}`,
  );
}

/** The next line must be the one directly behind the last one. */
function demandNext(last: ChainLink, next: ChainLink): void {
  if (!follows(last, next) || !isLater(last.result, next.result)) {
    throw new Refusal(
      'STATEMENT_LINE_MISSING',
      `the line at ${where(next.result)} does not name the one at ${where(last.result)} as the one before it`,
    );
  }
  if (!addsUp(last, next))
    throw new Refusal(
      'STATEMENT_SUMS_WRONG',
      `the sums at ${where(next.result)} do not follow from the line before it`,
    );
}

/** An attestation must show the account as the last line left it. */
function demandUnchanged(last: ChainLink, attested: ChainLink): void {
  const isAttestation = attested.result.operation.kind === 'attest_account';
  if (!isAttestation || !follows(last, attested) || !isLater(last.result, attested.result) || !addsUp(last, attested))
    throw new Refusal('STATEMENT_LINE_MISSING', 'the attestation does not show the account as the last line left it');
}

/** The lines of all pages; a page may repeat the last line of the page before it. */
function chainOf(pages: readonly ParsedStatement[], account: bigint): ChainLink[] {
  const chain: ChainLink[] = [];
  for (const { lines } of pages) {
    for (const [index, line] of lines.entries()) {
      const link = linkFor(line, account);
      const last = chain.at(-1);
      const repeats = index === 0 && last !== undefined && equalBytes(leafOf(last.result), leafOf(line));
      if (repeats && last.position.height === line.height) continue;
      if (last !== undefined) demandNext(last, link);
      chain.push(link);
    }
  }
  return chain;
}

function provenLine({ result, position, side, after }: ChainLink): ProvenLine {
  const { record, operation } = result;
  const counterparty = side === 'debit' ? record.creditAccount : record.debitAccount;
  const { amount, timestampNs } = record;
  return {
    ...position,
    timestampNs,
    operation,
    side,
    counterparty: counterparty === 0n ? null : counterparty,
    amount,
    after,
  };
}

function prove(
  pages: readonly ParsedStatement[],
  anchor: string | undefined,
  trusted: Configuration | undefined,
): ProvenStatement {
  const { account, genesis } = pages[0];
  const id = hex(genesisId(genesis));
  if (anchor !== undefined && anchor !== id)
    throw new Refusal('STATEMENT_OTHER_LEDGER', `the statement is of the ledger with genesis ${id}`);
  for (const page of pages) {
    if (hex(genesisId(page.genesis)) !== id)
      throw new Refusal('STATEMENT_OTHER_LEDGER', 'the pages are of different ledgers');
    if (page.account !== account) throw new Refusal('STATEMENT_OTHER_ACCOUNT', 'the pages are of different accounts');
    provePage(page, trusted);
  }
  const chain = chainOf(pages, account);
  const [first, last] = [chain.at(0), chain.at(-1)];
  if (first === undefined || last === undefined)
    throw new Refusal('STATEMENT_EMPTY', 'a statement has a line at least');
  const { attestation } = pages[pages.length - 1];
  if (attestation !== null) demandUnchanged(last, linkFor(attestation, account));
  const parent = parentOf(genesis);
  const { previous } = first.after;
  const isInherited = parent !== null && previous.height > 0 && previous.height <= parent.height;
  const inherited = isInherited && first.position.height > parent.height ? previous : null;
  // In the blocks of the first and the last line themselves there may be results before and after them.
  return {
    ok: true,
    ledgerId: bytesToUuid(genesis.ledgerId),
    genesisId: id,
    parent,
    account,
    lines: chain.map(provenLine),
    inherited,
    completeFrom: completeFrom(first, inherited === null ? null : parent),
    completeThrough: (attestation ?? last.result).height - 1,
  };
}

function completeFrom(first: ChainLink, inheritedFrom: ProvenParent | null): number {
  if (inheritedFrom !== null) return inheritedFrom.height + 1;
  return isBeginning(first) ? 0 : first.position.height + 1;
}

/**
 * Verifies a statement offline, one page or a list of pages that go on from each other, oldest first: that each line is a result
 * on the ledger, that each names the one before it, and that the sums add up. One that is missing, doubled, altered, out of order or
 * of another account is refused. `anchor` as for `verifyReceipt`.
 */
export function verifyStatement(
  value: unknown,
  anchor?: string,
  trusted?: Configuration,
): ProvenStatement | StatementRefusal {
  try {
    return prove(parseStatement(value), anchor, trusted);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, detail: error.message };
    if (error instanceof CodecError) return { ok: false, code: 'STATEMENT_MALFORMED', detail: error.message };
    throw error;
  }
}

/** What a proven statement says of the account at the end of block `height`; null if it does not reach back that far. */
export function balanceAt(statement: ProvenStatement, height: number): BalanceAt | null {
  const line = statement.lines.findLast((each) => each.height <= height) ?? null;
  if (line === null && statement.completeFrom > 0) return null;
  return { line, complete: height <= statement.completeThrough };
}
