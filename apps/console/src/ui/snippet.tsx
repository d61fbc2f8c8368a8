import { CopyOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import { useTranslation } from 'react-i18next';

/** A text to copy as it stands: a command, a key. */
export function Snippet({ text, wrap = false }: { text: string; wrap?: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    void message.success(t('action.copied'));
  };
  return (
    <div className="snippet-frame">
      <pre className={wrap ? 'snippet snippet-wrap' : 'snippet'} tabIndex={0}>
        {text}
      </pre>
      <Button
        className="snippet-copy"
        size="small"
        icon={<CopyOutlined />}
        aria-label={t('action.copy')}
        onClick={() => void copy()}
      />
    </div>
  );
}
