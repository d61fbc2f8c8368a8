import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMinorUnits } from '../money/minor-units';

/** Formatters of the current language. Dates are shown in the reader's time zone, exact ones with the zone's name. */
export function useFormats() {
  const { i18n } = useTranslation();
  const locale = i18n.language;
  return useMemo(() => formatsFor(locale), [locale]);
}

export type Formats = ReturnType<typeof formatsFor>;

/** The formatters for one locale. */
export function formatsFor(locale: string) {
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    locale,
    amount: (amountMinor: bigint | string, scale: number) => formatMinorUnits(BigInt(amountMinor), scale, locale),
    number: (value: number | bigint) => whole.format(value),
    dateTime: (iso: string) => dateTime.format(new Date(iso)),
    date: (iso: string) => date.format(new Date(iso)),
    ledgerTime: (timestampNs: string) => dateTime.format(new Date(Number(BigInt(timestampNs) / 1_000_000n))),
    duration: (durationMs: number) =>
      durationMs < 1_000 ? `${whole.format(durationMs)} ms` : `${decimal.format(durationMs / 1_000)} s`,
    bytes: (bytes: number) =>
      bytes < 1_048_576 ? `${decimal.format(bytes / 1_024)} KiB` : `${decimal.format(bytes / 1_048_576)} MiB`,
    span: (seconds: number) => {
      const [value, unit] =
        seconds < 60 ? [seconds, 'second'] : seconds < 3_600 ? [seconds / 60, 'minute'] : [seconds / 3_600, 'hour'];
      const style = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 } as const;
      return new Intl.NumberFormat(locale, style).format(Number(value));
    },
    megabytes: (bytes: number) => `${whole.format(bytes / 1_048_576)} MiB`,
    percent: (fraction: number) => `${whole.format(fraction * 100)} %`,
    ago: (iso: string, nowMs: number) => {
      const seconds = Math.round((new Date(iso).getTime() - nowMs) / 1_000);
      if (Math.abs(seconds) < 60) return relative.format(seconds, 'second');
      if (Math.abs(seconds) < 3_600) return relative.format(Math.round(seconds / 60), 'minute');
      if (Math.abs(seconds) < 86_400) return relative.format(Math.round(seconds / 3_600), 'hour');
      return relative.format(Math.round(seconds / 86_400), 'day');
    },
  };
}
