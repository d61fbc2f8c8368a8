import { GlobalOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons';
import { Button, Dropdown, Flex } from 'antd';
import { useTranslation } from 'react-i18next';
import { setAppearance, useAppearance, type Appearance } from '../appearance';
import { switchLanguage, type Language } from '../i18n';

const appearances: readonly Appearance[] = ['system', 'light', 'dark'];

/** Language and appearance, both remembered in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const appearance = useAppearance();
  return (
    <Flex gap={4}>
      <Dropdown
        trigger={['click']}
        menu={{
          selectable: true,
          selectedKeys: [i18n.language],
          items: [
            { key: 'en', label: 'English' },
            { key: 'zh-CN', label: '简体中文' },
          ],
          onClick: ({ key }) => void switchLanguage(key as Language),
        }}
      >
        <Button type="text" icon={<GlobalOutlined />} aria-label={t('preferences.language')} />
      </Dropdown>
      <Dropdown
        trigger={['click']}
        menu={{
          selectable: true,
          selectedKeys: [appearance],
          items: appearances.map((key) => ({ key, label: t(`preferences.${key}`) })),
          onClick: ({ key }) => setAppearance(key as Appearance),
        }}
      >
        <Button
          type="text"
          icon={appearance === 'dark' ? <MoonOutlined /> : <SunOutlined />}
          aria-label={t('preferences.appearance')}
        />
      </Dropdown>
    </Flex>
  );
}
