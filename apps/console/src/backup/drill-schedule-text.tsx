import type { DrillSchedule } from '@quorate/sdk';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { useNowMs } from '../ui/now';

/** How often the platform draws a ledger for a drill, and when it does so next. */
export function DrillScheduleText({ schedule: { everySeconds, nextAt } }: { schedule: DrillSchedule }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const nowMs = useNowMs(10_000);
  const every = formats.span(everySeconds);
  if (nextAt === null) return <>{t('drill.scheduleOpen', { every })}</>;
  return (
    <span title={formats.dateTime(nextAt)}>{t('drill.schedule', { every, when: formats.ago(nextAt, nowMs) })}</span>
  );
}
