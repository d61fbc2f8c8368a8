import { Typography } from 'antd';
import { useTranslation } from 'react-i18next';

/** An identifier in few characters; the whole of it on the clipboard and in the tooltip. `bare`: only the means to copy it. */
export function CopyableId({ id, full = false, bare = false }: { id: string; full?: boolean; bare?: boolean }) {
  const { t } = useTranslation();
  return (
    <Typography.Text
      className="identifier"
      title={id}
      copyable={{ text: id, tooltips: [t('action.copy'), t('action.copied')] }}
    >
      {bare ? null : full ? id : shortId(id)}
    </Typography.Text>
  );
}

/** The first and last digits of an identifier; small numbers lose their leading zeros. */
export function shortId(id: string): string {
  const trimmed = id.replace(/^0{16,}/, '');
  if (trimmed.length <= 12) return trimmed;
  return `${trimmed.slice(0, 6)}…${trimmed.slice(-4)}`;
}
