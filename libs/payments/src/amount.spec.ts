import fc from 'fast-check';
import { equalDecimals, formatMinorUnits, parseDecimal, sumDecimals, toMinorUnits } from './amount';
import { activeCurrencies, currencyOf } from './currency';

describe('exact decimals', () => {
  it('gives back any amount of minor units through its text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.constantFrom(0, 2, 3, 4, 5), (minor, scale) => {
        const value = parseDecimal(formatMinorUnits(minor, scale), 40, 40);
        return value !== undefined && toMinorUnits(value, scale) === minor;
      }),
    );
  });

  it('refuses to lose a digit', () => {
    const value = parseDecimal('1.005', 18, 5);
    expect(value && toMinorUnits(value, 2)).toBeUndefined();
    expect(value && toMinorUnits(value, 3)).toBe(1005n);
  });

  it.each(['', '.5', '1,5', '1e3', '0x10', ' 1', '1_000', '--1', 'NaN', '١'])('does not read %p', (text) => {
    expect(parseDecimal(text, 18, 5)).toBeUndefined();
  });

  it('ignores zeros that carry no value, and no others', () => {
    expect(parseDecimal('000000000000000000001.50000000', 18, 5)).toEqual({ units: 15n, scale: 1 });
    expect(parseDecimal('999999999999999999', 18, 5)).toEqual({ units: 999999999999999999n, scale: 0 });
    expect(parseDecimal('1000000000000000000', 18, 5)).toBeUndefined();
  });

  it('adds without rounding', () => {
    const terms = ['0.1', '0.2', '1'].map((text) => parseDecimal(text, 18, 5) ?? { units: 0n, scale: 0 });
    expect(equalDecimals(sumDecimals(terms), { units: 130n, scale: 2 })).toBe(true);
  });
});

describe('ISO 4217', () => {
  it('follows the standard where common usage differs', () => {
    expect(currencyOf('CHF')).toEqual({ code: 'CHF', numeric: 756, exponent: 2 });
    expect(['HUF', 'JPY', 'KWD', 'CLF', 'IQD', 'ISK'].map((code) => currencyOf(code)?.exponent)).toEqual([
      2, 0, 3, 4, 3, 0,
    ]);
    expect(currencyOf('XXX')).toBeUndefined();
    expect(currencyOf('DEM')).toBeUndefined();
  });

  it('gives every currency its own number', () => {
    const all = activeCurrencies();
    expect(all.length).toBeGreaterThan(160);
    expect(new Set(all.map(({ numeric }) => numeric)).size).toBe(all.length);
  });
});
