import { Link } from '@tanstack/react-router';
import { Button, Typography } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { BrandMark } from '../ui/brand';

/** An address that leads nowhere. */
export function NotFoundPage() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t('notFound.title')} · Quorate`;
  }, [t]);
  return (
    <main className="nowhere">
      <BrandMark size={56} />
      <Typography.Title level={1} className="page-title">
        {t('notFound.title')}
      </Typography.Title>
      <p className="soft">{t('notFound.detail')}</p>
      <Link to="/">
        <Button type="primary">{t('notFound.home')}</Button>
      </Link>
    </main>
  );
}
