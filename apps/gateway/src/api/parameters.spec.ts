import { transfersQuery } from './parameters';

const timeNs = (to: string): string | undefined => {
  const point = transfersQuery.parse({ to }).to;
  return point !== undefined && 'timeNs' in point ? point.timeNs : undefined;
};

describe('the parameters of lists', () => {
  it('take any time of the calendar', () => {
    expect(timeNs('2026-11-30T23:59:59Z')).toBe('1796083199000000000');
    expect(timeNs('0001-01-01T00:00:00Z')).toBe('0');
    expect(timeNs('2262-04-12T00:00:00Z')).toBe('9223372036854775807');
    expect(timeNs('9999-12-31T23:59:59Z')).toBe('9223372036854775807');
  });

  it('refuse user data that no transfer can carry', () => {
    expect(transfersQuery.parse({ userData64: '18446744073709551615' }).userData64).toBe('18446744073709551615');
    for (const userData64 of ['18446744073709551616', '99999999999999999999', '-1', '1e3', '01', ''])
      expect(transfersQuery.safeParse({ userData64 }).success).toBe(false);
  });
});
