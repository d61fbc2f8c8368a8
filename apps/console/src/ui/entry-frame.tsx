import { CheckCircleFilled } from '@ant-design/icons';
import { Flex, Typography } from 'antd';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Brand } from './brand';
import { Preferences } from './preferences';

const promises = ['entry.promiseReplicas', 'entry.promiseKeys', 'entry.promiseReceipts'] as const;

/** The frame of the signed-out pages: what Quorate is on one side, a form on the other. */
export function EntryFrame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · Quorate`;
  }, [title]);
  return (
    <div className="entry">
      <aside className="entry-brand">
        <Brand />
        <div>
          <h2>{t('entry.headline')}</h2>
          <ul>
            {promises.map((key) => (
              <li key={key}>
                <CheckCircleFilled />
                <span>{t(key)}</span>
              </li>
            ))}
          </ul>
        </div>
        <span />
      </aside>
      <main className="entry-main">
        <Flex justify="space-between" align="center">
          <span className="entry-form-brand">
            <Brand />
          </span>
          <span />
          <Preferences />
        </Flex>
        <div className="entry-form">
          <Typography.Title level={1} className="page-title">
            {title}
          </Typography.Title>
          {lead !== undefined && <div className="page-lead">{lead}</div>}
          <div style={{ marginTop: 24 }}>{children}</div>
        </div>
      </main>
    </div>
  );
}
