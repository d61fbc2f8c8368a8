import { amountMinorMax, formatMinorUnits, parseMinorUnits } from './minor-units';

describe('formatMinorUnits', () => {
  it.each([
    [620n, 2, 'en', '6.20'],
    [5n, 2, 'en', '0.05'],
    [0n, 2, 'en', '0.00'],
    [1234567n, 0, 'en', '1,234,567'],
    [1234567n, 3, 'en', '1,234.567'],
    [-123456n, 2, 'en', '-1,234.56'],
    [123456789n, 2, 'de', '1.234.567,89'],
    [100n, 18, 'en', '0.000000000000000100'],
  ])('%s with %s places in %s is %s', (amount, scale, locale, text) => {
    expect(formatMinorUnits(amount, scale, locale)).toBe(text);
  });

  it('keeps every digit of the largest amount', () => {
    const text = formatMinorUnits(amountMinorMax, 2, 'zh-CN');
    expect(text.replace(/[,.]/g, '')).toBe(amountMinorMax.toString());
    expect(text.endsWith('.55')).toBe(true);
  });
});

describe('parseMinorUnits', () => {
  it.each([
    ['6.2', 2, 620n],
    ['6.20', 2, 620n],
    [' 1000 ', 2, 100000n],
    ['1.500', 1, 15n],
    ['7', 0, 7n],
    ['0.07', 2, 7n],
  ])('%s with %s places is %s', (text, scale, amountMinor) => {
    expect(parseMinorUnits(text, scale)).toEqual({ amountMinor });
  });

  it.each([
    ['6.205', 2, 'too_precise'],
    ['1,000', 2, 'malformed'],
    ['1e5', 2, 'malformed'],
    ['-3', 2, 'malformed'],
    ['', 2, 'malformed'],
    ['.5', 2, 'malformed'],
    ['0.00', 2, 'zero'],
    [amountMinorMax.toString(), 2, 'too_large'],
  ])('%s with %s places is refused as %s', (text, scale, fault) => {
    expect(parseMinorUnits(text, scale)).toEqual({ fault });
  });

  it('reads back what was formatted without grouping', () => {
    for (const amount of [1n, 99n, 100n, 12345678901234567890n]) {
      expect(parseMinorUnits(formatMinorUnits(amount, 2, 'en').replaceAll(',', ''), 2)).toEqual({
        amountMinor: amount,
      });
    }
  });
});
