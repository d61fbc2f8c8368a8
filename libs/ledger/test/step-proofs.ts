// Proofs of what a story did, block by block: every result is compared with what the model says that it left behind; one of them,
// and the newest lines of one account, go through the light client as receipt and statement, and once more with a digit changed.
import { deepStrictEqual } from 'node:assert';
import { EMPTY_ROOT, HistoryTree, hex } from '@quorate/crypto';
import { verifyReceipt, verifyStatement } from '@quorate/light-client';
import {
  ZERO_HASH,
  blockId,
  commitPreimage,
  configHash,
  consensusContext,
  encodeFinalityProof,
  encodeGenesis,
  encodeHeader,
  firstConfiguration,
  formatId,
  genesisHeader,
  genesisId,
  historyLeaf,
  receiptRecord,
  receiptSide,
  resultName,
  type AccountAfter,
  type BlockHeader,
  type Receipt,
  type ResultName,
  type ResultPosition,
  type Statement,
  type StatementBlock,
  type StatementLine,
} from '@quorate/protocol';
import type { BlockOutcome, BlockResults } from '../src';
import type { Chance } from './chance';
import { consensusKey, genesis } from './ledger-fixture';
import type { ModelAccount } from './model/books';
import type { ModelEffect } from './model/ledger-model';

const STEP_LINES_MAX = 3;
const PAGE_LINES_MAX = 400;
const CLOSED = 32;
const LINKED = 1;

const anchor = hex(genesisId(genesis));
const genesisHex = hex(encodeGenesis(genesis));
const configuration = firstConfiguration(genesis);
const expectedHash = configHash(configuration);
const context = consensusContext(configuration);

/** What the model says of a block: results of its operations, then of what expired at its start. */
export interface ExpectedBlock {
  readonly results: readonly ResultName[];
  readonly effects: readonly (ModelEffect | null)[];
  readonly expiries: readonly ModelEffect[];
}

interface ProvenBlock {
  readonly results: BlockResults;
  readonly id: Uint8Array;
}

/** The header behind the last one, and the signature that makes it final. */
interface Tip {
  readonly header: string;
  readonly certificate: string;
  readonly size: number;
}

/** The history of one story. */
export class StepProofs {
  private readonly blocks: ProvenBlock[] = [];
  private readonly history = new HistoryTree();
  /** Newest result of each account. */
  private readonly heads = new Map<bigint, ResultPosition>();
  private parent: BlockHeader = genesisHeader(genesis);

  constructor(private readonly chance: Chance) {
    this.history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
  }

  /** Compares the next block with what the model says of it; throws AssertionError. */
  add({ height, results, resultsRoot }: BlockOutcome, timeNs: bigint, expected: ExpectedBlock): void {
    const header: BlockHeader = { ...this.child(), kind: 'data', timeNs };
    const id = blockId(encodeHeader(header));
    this.parent = header;
    deepStrictEqual(
      [height, results.count],
      [this.blocks.length + 1, expected.effects.length + expected.expiries.length],
    );
    this.blocks.push({ results, id });
    this.history.append(historyLeaf(id, resultsRoot));
    // What expires does so before the first operation, whatever its index.
    expected.expiries.forEach((effect, index) =>
      this.compare(height, expected.effects.length + index, 'applied', effect),
    );
    expected.effects.forEach((effect, index) => this.compare(height, index, expected.results[index], effect));
  }

  /** Proves one result of the newest block, and the newest lines of an account that it touched. */
  prove(balanceOf: (account: bigint) => ModelAccount): void {
    const height = this.blocks.length;
    const { results } = this.blocks[height - 1];
    if (results.count === 0) return;
    const tip = this.tip();
    const index = this.chance.below(results.count);
    const receipt = this.receipt(height, index, tip);
    const proven = verifyReceipt(receipt, anchor);
    if (!proven.ok) throw new Error(`a right receipt is refused: ${proven.code}, ${proven.detail}`);
    const { code, amount, debitAccount, creditAccount } = results.record(index);
    deepStrictEqual(
      [proven.result, proven.amount, proven.debit?.id ?? 0n, proven.credit?.id ?? 0n],
      [resultName(code), amount, debitAccount, creditAccount],
    );
    this.refuseAltered(receipt, (value) => verifyReceipt(value, anchor).ok);
    const touched = [debitAccount, creditAccount].filter((id) => id !== 0n);
    if (touched.length > 0) this.proveAccount(this.chance.pick(touched), STEP_LINES_MAX, tip, balanceOf);
  }

  /** Proves all that an account went through, and that a line less or one twice is noticed. */
  proveWhole(account: bigint, balanceOf: (account: bigint) => ModelAccount): void {
    const tip = this.tip();
    const [pages, lines] = this.proveAccount(account, Infinity, tip, balanceOf);
    const whole = verifyStatement(pages, anchor);
    deepStrictEqual(whole.ok && [whole.completeFrom, whole.lines.length], [0, lines.length]);
    if (lines.length < 3 || pages.length > 1) return;
    const middle = 1 + this.chance.below(lines.length - 2);
    const without = [...pages[0].lines.slice(0, middle), ...pages[0].lines.slice(middle + 1)];
    const doubled = [...pages[0].lines.slice(0, middle), ...pages[0].lines.slice(middle - 1)];
    for (const altered of [without, doubled])
      deepStrictEqual(verifyStatement({ ...pages[0], lines: altered }, anchor).ok, false, 'a line less or twice');
  }

  private proveAccount(
    account: bigint,
    linesMax: number,
    tip: Tip,
    balanceOf: (account: bigint) => ModelAccount,
  ): [Statement[], ResultPosition[]] {
    const positions: ResultPosition[] = [];
    let position = this.heads.get(account) ?? { height: 0, index: 0 };
    while (position.height > 0 && positions.length < linesMax) {
      positions.unshift(position);
      position = this.after(account, position).previous;
    }
    const pages: Statement[] = [];
    for (let first = 0; first < positions.length; first += PAGE_LINES_MAX)
      pages.push(this.statement(account, positions.slice(first, first + PAGE_LINES_MAX), tip));
    const proven = verifyStatement(pages, anchor);
    if (!proven.ok) throw new Error(`a right statement is refused: ${proven.code}, ${proven.detail}`);
    deepStrictEqual(
      proven.lines.map(({ height, index }) => ({ height, index })),
      positions,
    );
    const last = proven.lines.at(-1);
    if (last !== undefined) deepStrictEqual(sumsOf(last.after), modelSums(balanceOf(account)));
    this.refuseAltered(pages[pages.length - 1], (value) => verifyStatement(value, anchor).ok);
    return [pages, positions];
  }

  private compare(height: number, index: number, result: ResultName, effect: ModelEffect | null): void {
    const { results } = this.blocks[height - 1];
    const record = results.record(index);
    const [debit, credit] = effect?.accounts ?? [];
    deepStrictEqual(
      [resultName(record.code), record.amount, record.debitAccount, record.creditAccount],
      [result, effect?.amount ?? 0n, debit?.id ?? 0n, credit?.id ?? 0n],
      `result ${index} of block ${height}`,
    );
    for (const [side, touched] of [
      [results.debit(index), debit],
      [results.credit(index), credit],
    ] as const) {
      deepStrictEqual(side === null, touched === undefined);
      if (side === null || touched === undefined) continue;
      deepStrictEqual(sumsOf(side), modelSums(touched.after), `an account at ${height}.${index}`);
      deepStrictEqual(side.previous, this.heads.get(touched.id) ?? { height: 0, index: 0 });
    }
    if (effect !== null && !effect.isLook) for (const { id } of effect.accounts) this.heads.set(id, { height, index });
  }

  private after(account: bigint, { height, index }: ResultPosition): AccountAfter {
    const { results } = this.blocks[height - 1];
    const found = results.record(index).debitAccount === account ? results.debit(index) : results.credit(index);
    if (found === null) throw new Error('a position leads to a result that shows the account');
    return found;
  }

  private child(): BlockHeader {
    return {
      ...this.parent,
      epoch: 1,
      height: this.parent.height + 1,
      parentId: blockId(encodeHeader(this.parent)),
      configHash: expectedHash,
      nextConfigHash: ZERO_HASH,
    };
  }

  private tip(): Tip {
    const height = this.blocks.length;
    const header: BlockHeader = { ...this.child(), kind: 'empty', execHeight: height, execRoot: this.history.root() };
    const id = blockId(encodeHeader(header));
    const position = { term: 1, slot: height + 1, blockId: id };
    const signatures = [consensusKey.sign(commitPreimage(context, position, id))];
    const certificate = encodeFinalityProof({ kind: 'commit', epoch: 1, ...position, signers: [0], signatures }, []);
    return { header: hex(encodeHeader(header)), certificate: hex(certificate), size: height + 1 };
  }

  private receipt(height: number, index: number, { header, certificate, size }: Tip): Receipt {
    const { results, id } = this.blocks[height - 1];
    const open = this.chance.pick(['debit', 'credit', 'both']);
    return {
      version: 2,
      genesis: genesisHex,
      record: receiptRecord(height, results.record(index)),
      debit: receiptSide(results.debit(index), open !== 'credit'),
      credit: receiptSide(results.credit(index), open !== 'debit'),
      resultCount: results.count,
      resultsPath: results.path(index).map(hex),
      blockId: hex(id),
      historyPath: this.history.path(height, size).map(hex),
      header,
      certificate,
    };
  }

  private statement(
    account: bigint,
    positions: readonly ResultPosition[],
    { header, certificate, size }: Tip,
  ): Statement {
    const blocks = new Map<number, StatementBlock>();
    const lines = positions.map(({ height, index }): StatementLine => {
      const { results, id } = this.blocks[height - 1];
      const historyPath = this.history.path(height, size).map(hex);
      blocks.set(height, { height, blockId: hex(id), resultCount: results.count, historyPath });
      const record = results.record(index);
      return {
        record: receiptRecord(height, record),
        debit: receiptSide(results.debit(index), record.debitAccount === account),
        credit: receiptSide(results.credit(index), record.creditAccount === account),
        resultsPath: results.path(index).map(hex),
      };
    });
    return {
      version: 1,
      genesis: genesisHex,
      account: formatId(account),
      blocks: [...blocks.values()],
      lines,
      attestation: null,
      header,
      certificate,
    };
  }

  /** One digit of a proof is another one: it must be refused. */
  private refuseAltered(proof: unknown, accepts: (value: unknown) => boolean): void {
    const text = JSON.stringify(proof);
    let at = this.chance.below(text.length);
    while (!/[0-9a-f]/.test(text[at])) at = (at + 1) % text.length;
    const digits = '0123456789abcdef'.replace(text[at], '');
    const altered = text.slice(0, at) + digits[this.chance.below(15)] + text.slice(at + 1);
    let value: unknown;
    try {
      value = JSON.parse(altered);
    } catch {
      return;
    }
    if (accepts(value)) throw new Error(`accepted with another digit at ${at}: ${altered}`);
  }
}

function sumsOf({ debitsPosted, creditsPosted, pending, flags }: AccountAfter): unknown[] {
  return [debitsPosted, creditsPosted, pending?.debits ?? 0n, pending?.credits ?? 0n, flags & ~LINKED];
}

function modelSums({ draft, debits, credits, debitsPending, creditsPending, closed }: ModelAccount): unknown[] {
  const flags = (draft.flags & ~(LINKED | CLOSED)) | (closed ? CLOSED : 0);
  return [debits, credits, debitsPending, creditsPending, flags];
}
