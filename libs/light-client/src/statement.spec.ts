import { hex } from '@quorate/crypto';
import {
  accountHalf,
  encodeReceipt,
  formatId,
  type Receipt,
  type Statement,
  type StatementLine,
} from '@quorate/protocol';
import { provenLedger } from '../test/proven-ledger';
import { parseReceipt } from './receipt-parser';
import { balanceAt, verifyStatement, type ProvenStatement } from './statement';

const { anchor, statement } = provenLedger();
const whole = statement(200n);
const { lines } = whole;

function proven(value: unknown): ProvenStatement {
  const outcome = verifyStatement(value, anchor);
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome;
}

function refusal(value: unknown): string {
  const outcome = verifyStatement(value, anchor);
  if (outcome.ok) throw new Error('the statement holds');
  return outcome.code;
}

/** With the blocks that are left to stand in. */
function withLines(changed: readonly StatementLine[], attestation = whole.attestation): Statement {
  const heights = [...changed, ...(attestation === null ? [] : [attestation])].map(({ record }) => record.height);
  return {
    ...whole,
    attestation,
    lines: changed,
    blocks: whole.blocks.filter(({ height }) => heights.includes(height)),
  };
}

function page(from: number, to: number, attestation: Statement['attestation'] = null): Statement {
  return withLines(lines.slice(from, to), attestation);
}

describe('verifyStatement', () => {
  it('proves the whole history of an account, expiries included', () => {
    const { lines: found, completeFrom, completeThrough, genesisId } = proven(JSON.parse(JSON.stringify(whole)));
    expect(genesisId).toBe(anchor);
    expect(found.map(({ operation, side, amount }) => [operation.kind, side, amount])).toEqual([
      ['create_account', 'debit', 0n],
      ['create_transfer', 'credit', 500n],
      ['create_transfer', 'debit', 70n],
      ['create_transfer', 'debit', 30n],
      ['expiry', 'debit', 30n],
      ['create_transfer', 'credit', 11n],
      ['create_transfer', 'credit', 20n],
    ]);
    expect(found.at(-1)?.after).toMatchObject({ debitsPosted: 70n, creditsPosted: 531n, pending: { debits: 0n } });
    expect([completeFrom, completeThrough]).toEqual([0, 3]);
  });

  it('proves parts of it and says what they are complete for', () => {
    for (const account of [100n, 300n]) expect(proven(statement(account)).account).toBe(account);
    expect(proven(page(2, 6))).toMatchObject({ completeFrom: 3, completeThrough: 2 });
    expect(proven(page(5, 7))).toMatchObject({ completeFrom: 4, completeThrough: 3 });
  });

  it('joins pages that go on from each other, with or without the last line repeated', () => {
    const two = [page(0, 3), page(3, 7, whole.attestation)];
    expect(proven(two)).toEqual(proven(whole));
    expect(proven([page(0, 4), page(3, 7)]).lines).toHaveLength(7);
    expect(refusal([page(0, 3), page(4, 7)])).toBe('STATEMENT_LINE_MISSING');
    expect(refusal([page(3, 7), page(0, 3)])).toBe('STATEMENT_LINE_MISSING');
    expect(refusal([page(0, 4), page(2, 7)])).toBe('STATEMENT_LINE_MISSING');
  });

  it('refuses a missing, doubled or moved line', () => {
    for (let index = 1; index < lines.length - 1; index += 1) {
      expect(refusal(withLines(lines.toSpliced(index, 1)))).toBe('STATEMENT_LINE_MISSING');
      expect(refusal(withLines(lines.toSpliced(index, 0, lines[index])))).toBe('STATEMENT_LINE_MISSING');
      const swapped = lines.toSpliced(index - 1, 2, lines[index], lines[index - 1]);
      expect(refusal(withLines(swapped))).toBe('STATEMENT_LINE_MISSING');
    }
    // An attestation names the last line: cutting that off shows.
    expect(refusal(withLines(lines.slice(0, -1)))).toBe('STATEMENT_LINE_MISSING');
    expect(refusal(withLines([]))).toBe('STATEMENT_EMPTY');
  });

  it('refuses a line of another account', () => {
    const other = statement(100n).lines[0];
    expect(refusal(withLines([other]))).toBe('STATEMENT_OTHER_ACCOUNT');
    expect(refusal({ ...whole, account: formatId(100n) })).toBe('STATEMENT_OTHER_ACCOUNT');
    expect(refusal([page(0, 3), { ...statement(100n), attestation: null }])).toBe('STATEMENT_OTHER_ACCOUNT');
  });

  it('refuses an altered line', () => {
    lines.forEach((line, index) => {
      const { record, debit, credit } = line;
      const changes: Partial<StatementLine>[] = [
        { record: { ...record, amount: `${BigInt(record.amount) + 1n}` } },
        { record: { ...record, timestampNs: `${BigInt(record.timestampNs) + 1n}` } },
        ...[debit, credit].flatMap((side, position) =>
          side === null || typeof side === 'string'
            ? []
            : [
                {
                  [position === 0 ? 'debit' : 'credit']: { ...side, debitsPosted: `${BigInt(side.debitsPosted) + 1n}` },
                },
                { [position === 0 ? 'debit' : 'credit']: { ...side, previousIndex: side.previousIndex + 1 } },
              ],
        ),
      ];
      for (const change of changes)
        expect(refusal(withLines(lines.toSpliced(index, 1, { ...line, ...change })))).toBe(
          'STATEMENT_LINE_NOT_IN_HISTORY',
        );
    });
  });

  it('refuses a line whose own side is kept back, and takes one whose other side is', () => {
    const hide = (line: StatementLine, side: 'debit' | 'credit'): StatementLine => {
      const parsed = parseReceipt({ ...receiptOf(line) })[side];
      return { ...line, [side]: parsed?.kind === 'open' ? hex(accountHalf(parsed.account)) : null };
    };
    expect(proven(withLines(lines.toSpliced(1, 1, hide(lines[1], 'debit')))).lines).toHaveLength(7);
    expect(refusal(withLines(lines.toSpliced(1, 1, hide(lines[1], 'credit'))))).toBe('STATEMENT_OTHER_ACCOUNT');
  });

  it('refuses what is certified wrongly, of another ledger, or no statement', () => {
    const [certificate, header] = [whole.certificate, whole.header].map(
      (text) => `${text.slice(0, -1)}${text.endsWith('0') ? 1 : 0}`,
    );
    expect(refusal({ ...whole, certificate })).toBe('STATEMENT_CERTIFICATE_INVALID');
    expect(verifyStatement({ ...whole, header }, anchor).ok).toBe(false);
    expect(refusal(provenLedger().statement(200n))).toBe('STATEMENT_OTHER_LEDGER');
    for (const value of [
      null,
      {},
      [],
      [whole, 1],
      { ...whole, version: 2 },
      { ...whole, more: 1 },
      { ...whole, blocks: [{}] },
    ])
      expect(refusal(value)).toBe('STATEMENT_MALFORMED');
    const descending = [...whole.blocks].reverse();
    expect(refusal({ ...whole, blocks: descending })).toBe('STATEMENT_MALFORMED');
  });
});

describe('balanceAt', () => {
  it('tells the balance at a past height and whether it is proved complete', () => {
    const all = proven(whole);
    expect(balanceAt(all, 1)).toEqual({ line: null, complete: true });
    expect(balanceAt(all, 2)).toMatchObject({
      line: { after: { debitsPosted: 70n, pending: { debits: 30n } } },
      complete: true,
    });
    expect(balanceAt(all, 3)).toMatchObject({ line: { height: 3, after: { creditsPosted: 511n } }, complete: true });
    expect(balanceAt(all, 4)).toMatchObject({ line: { height: 4 }, complete: false });
    expect(balanceAt(proven(page(5, 7)), 2)).toBeNull();
    expect(balanceAt(proven(page(3, 5)), 2)).toMatchObject({ line: { height: 2 }, complete: true });
  });
});

/** A receipt of a line, so that its parts can be read. */
function receiptOf(line: StatementLine): Receipt {
  const block = whole.blocks.find(({ height }) => height === line.record.height);
  if (block === undefined) throw new Error('the line has a block');
  const { genesis, header, certificate } = whole;
  const receipt: Receipt = {
    version: 2,
    genesis,
    ...line,
    resultCount: block.resultCount,
    blockId: block.blockId,
    historyPath: block.historyPath,
    header,
    certificate,
  };
  expect(encodeReceipt(receipt).length).toBeGreaterThan(0);
  return receipt;
}
