import { useTranslation } from 'react-i18next';

/** A region by its name in the reader's language, where the console knows it. */
export function RegionLabel({ region }: { region: string }) {
  const { t, i18n } = useTranslation();
  const key = `region.${region}`;
  return <>{i18n.exists(key) ? t(key) : region}</>;
}
