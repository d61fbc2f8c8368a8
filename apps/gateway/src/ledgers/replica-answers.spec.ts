import { found, page, understood } from './replica-answers';

describe('the answers of a replica', () => {
  it('hands lists and objects on', () => {
    expect(page({ height: 3, data: [{ id: '1' }], nextCursor: 'next' })).toMatchObject({
      height: 3,
      nextCursor: 'next',
    });
    expect(found({ height: 3, kind: 'account', account: { id: '1' } }, 'ACCOUNT_UNKNOWN')).toEqual({ id: '1' });
  });

  it('turns what the replica refuses into problems: too busy is for later, nonsense is for the caller', () => {
    const refusal = (code: string) => () => understood({ height: 0, kind: 'error', code, detail: 'why' });
    expect(refusal('busy')).toThrow(expect.objectContaining({ code: 'LEDGER_BUSY' }));
    expect(refusal('REPLICA_FENCE_TIMEOUT')).toThrow(expect.objectContaining({ code: 'READ_NOT_CONFIRMED' }));
    for (const code of ['REPLICA_HISTORY_INCOMPLETE', 'REPLICA_ARCHIVE_UNREACHABLE'])
      expect(refusal(code)).toThrow(expect.objectContaining({ code: 'HISTORY_UNAVAILABLE' }));
    expect(refusal('CURSOR_INVALID')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    expect(() => found({ height: 3, kind: 'unknown' }, 'ACCOUNT_UNKNOWN')).toThrow(
      expect.objectContaining({ code: 'ACCOUNT_UNKNOWN' }),
    );
  });
});
