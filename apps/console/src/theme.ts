import { theme, type ThemeConfig } from 'antd';

const sansSerif =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif";
const monospace = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";

/** The console's look for one appearance; without `motion` nothing fades or flies. */
export function themeFor(dark: boolean, motion: boolean): ThemeConfig {
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      motion,
      colorPrimary: dark ? '#2bb8a6' : '#0f766e',
      colorInfo: dark ? '#2bb8a6' : '#0f766e',
      colorLink: dark ? '#4fd1c1' : '#0f766e',
      // antd derives pale tints from saturated colours only; ours would come out grey.
      colorPrimaryBg: dark ? '#10302e' : '#e2f3f0',
      colorPrimaryBgHover: dark ? '#143b38' : '#cfeae5',
      colorPrimaryBorder: dark ? '#1f5d57' : '#9fd5cb',
      colorInfoBg: dark ? '#10302e' : '#eaf6f4',
      colorInfoBorder: dark ? '#1f5d57' : '#b4ddd6',
      controlItemBgActive: dark ? '#10302e' : '#e2f3f0',
      controlItemBgActiveHover: dark ? '#143b38' : '#cfeae5',
      controlOutline: dark ? 'rgba(43, 184, 166, 0.25)' : 'rgba(15, 118, 110, 0.18)',
      ...(dark
        ? {}
        : {
            colorSuccess: '#15803d',
            colorSuccessBg: '#e8f6ec',
            colorSuccessBorder: '#a9dcb9',
            colorWarning: '#b45309',
            colorWarningBg: '#fdf3e1',
            colorWarningBorder: '#f2d19b',
            colorError: '#c62828',
            colorErrorBg: '#fdecec',
            colorErrorBorder: '#f3b7b7',
          }),
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
      Button: { primaryShadow: 'none', ...(dark ? { primaryColor: '#04201d' } : {}) },
      Menu: {
        itemBorderRadius: 8,
        activeBarBorderWidth: 0,
        itemSelectedBg: dark ? '#10302e' : '#e2f3f0',
        itemSelectedColor: dark ? '#4fd1c1' : '#0b5f58',
      },
      Table: { headerBg: dark ? '#17242a' : '#f8fafa' },
    },
  };
}
