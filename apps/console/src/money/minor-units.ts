/** Largest amount a ledger can hold: 2^128 - 1 minor units. */
export const amountMinorMax = (1n << 128n) - 1n;

/** An amount of minor units with `scale` decimal places, grouped for the locale; exact, no floating point. */
export function formatMinorUnits(amountMinor: bigint, scale: number, locale: string): string {
  const negative = amountMinor < 0n;
  const digits = (negative ? -amountMinor : amountMinor).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  const grouped = new Intl.NumberFormat(locale).format(BigInt(whole));
  const sign = negative ? '-' : '';
  return scale === 0 ? `${sign}${grouped}` : `${sign}${grouped}${decimalSeparator(locale)}${fraction}`;
}

function decimalSeparator(locale: string): string {
  const part = new Intl.NumberFormat(locale).formatToParts(1.5).find((candidate) => candidate.type === 'decimal');
  return part?.value ?? '.';
}

/** What is wrong with an amount somebody typed. */
export type AmountFault = 'malformed' | 'too_precise' | 'zero' | 'too_large';

/** Reads a typed amount such as `1234.5` into minor units; digits and one point only, never rounded. */
export function parseMinorUnits(text: string, scale: number): { amountMinor: bigint } | { fault: AmountFault } {
  const match = /^(\d{1,39})(?:\.(\d*))?$/.exec(text.trim());
  if (match === null) return { fault: 'malformed' };
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) return { fault: 'too_precise' };
  const amountMinor = BigInt(match[1] + fraction.padEnd(scale, '0'));
  if (amountMinor === 0n) return { fault: 'zero' };
  if (amountMinor > amountMinorMax) return { fault: 'too_large' };
  return { amountMinor };
}
