/** An exact decimal number: `units` divided by 10 to the power of `scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** Bounds of an ISO 20022 amount: at most 18 digits, at most 5 of them after the point. */
export const AMOUNT_LIMITS = { digitsMax: 18, fractionDigitsMax: 5 } as const;

const POWERS_MAX = 38;
const powersOfTen = Array.from({ length: POWERS_MAX + 1 }, (_, exponent) => 10n ** BigInt(exponent));

/** Reads an xs:decimal without exponent notation; undefined when it is not one or has too many digits. */
export function parseDecimal(text: string, digitsMax: number, fractionDigitsMax: number): Decimal | undefined {
  const match = /^([+-]?)(\d{1,40})(?:\.(\d{0,40}))?$/.exec(text);
  if (match === null) return undefined;
  const whole = match[2].replace(/^0+(?=\d)/, '');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const wholeDigits = whole === '0' ? 0 : whole.length;
  if (fraction.length > fractionDigitsMax || wholeDigits + fraction.length > digitsMax) return undefined;
  const units = BigInt(whole + fraction);
  return { units: match[1] === '-' ? -units : units, scale: fraction.length };
}

/** Converts to minor units of `scale` decimals; undefined when that would lose digits. */
export function toMinorUnits(value: Decimal, scale: number): bigint | undefined {
  if (scale >= value.scale) return value.units * powersOfTen[scale - value.scale];
  const divisor = powersOfTen[value.scale - scale];
  return value.units % divisor === 0n ? value.units / divisor : undefined;
}

/** Writes minor units as a plain decimal with exactly `scale` decimals. */
export function formatMinorUnits(amountMinor: bigint, scale: number): string {
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(scale + 1, '0');
  const sign = amountMinor < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The exact sum, at the largest scale of its terms. */
export function sumDecimals(values: readonly Decimal[]): Decimal {
  const scale = values.reduce((largest, value) => Math.max(largest, value.scale), 0);
  const units = values.reduce((sum, value) => sum + value.units * powersOfTen[scale - value.scale], 0n);
  return { units, scale };
}

/** Whether two decimals denote the same number. */
export function equalDecimals(a: Decimal, b: Decimal): boolean {
  return a.units * powersOfTen[b.scale] === b.units * powersOfTen[a.scale];
}
