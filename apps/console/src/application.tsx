import { App, ConfigProvider } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useDark, useMotion } from './appearance';
import { queryClient } from './query-client';
import { router } from './router';
import { themeFor } from './theme';

/** The whole console. */
export function Application() {
  const dark = useDark();
  const motion = useMotion();
  const { i18n } = useTranslation();
  return (
    <ConfigProvider
      theme={themeFor(dark, motion)}
      locale={i18n.language === 'zh-CN' ? zh : en}
      button={{ autoInsertSpace: false }}
    >
      <App message={{ maxCount: 3 }}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </App>
    </ConfigProvider>
  );
}
