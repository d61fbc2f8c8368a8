import { theme, type ThemeConfig } from 'antd';

const sansSerif =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif";
const monospace = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";

/** The console's look for one appearance. */
export function themeFor(dark: boolean): ThemeConfig {
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: dark ? '#2bb8a6' : '#0f766e',
      colorInfo: dark ? '#2bb8a6' : '#0f766e',
      colorLink: dark ? '#4fd1c1' : '#0f766e',
      colorBgLayout: dark ? '#0b1215' : '#f4f6f6',
      colorBgContainer: dark ? '#121c20' : '#ffffff',
      colorBgElevated: dark ? '#17242a' : '#ffffff',
      borderRadius: 8,
      fontFamily: sansSerif,
      fontFamilyCode: monospace,
      fontSize: 14,
    },
    components: {
      Layout: {
        headerBg: dark ? '#121c20' : '#ffffff',
        siderBg: dark ? '#121c20' : '#ffffff',
        headerPadding: '0 20px',
        headerHeight: 56,
      },
      Button: dark ? { primaryColor: '#04201d' } : {},
      Menu: { itemBorderRadius: 8, activeBarBorderWidth: 0 },
      Table: { headerBg: dark ? '#17242a' : '#f8fafa' },
    },
  };
}
