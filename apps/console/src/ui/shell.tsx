import {
  ApiOutlined,
  ClusterOutlined,
  DatabaseOutlined,
  ExperimentOutlined,
  KeyOutlined,
  LogoutOutlined,
  MenuOutlined,
  SafetyCertificateOutlined,
  TeamOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate, useRouter } from '@tanstack/react-router';
import { Button, Drawer, Dropdown, Flex, Layout, Menu, Typography } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { sessionQuery } from '../api/queries';
import { Brand } from './brand';
import { Preferences } from './preferences';

const tenantItems = [
  { path: '/ledgers', label: 'nav.ledgers', icon: <DatabaseOutlined /> },
  { path: '/api-keys', label: 'nav.apiKeys', icon: <ApiOutlined /> },
  { path: '/verify', label: 'nav.verify', icon: <SafetyCertificateOutlined /> },
] as const;

const adminItems = [
  { path: '/fleet', label: 'nav.fleet', icon: <ClusterOutlined /> },
  { path: '/fleet/tenants', label: 'nav.tenants', icon: <TeamOutlined /> },
  { path: '/fleet/ledgers', label: 'nav.ledgers', icon: <DatabaseOutlined /> },
  { path: '/fleet/drills', label: 'nav.drills', icon: <ExperimentOutlined /> },
  { path: '/verify', label: 'nav.verify', icon: <SafetyCertificateOutlined /> },
] as const;

/** The frame around every signed-in page. */
export function Shell() {
  const { t } = useTranslation();
  const [menuOpen, setMenuOpen] = useState(false);
  const location = useLocation();
  const router = useRouter();
  const session = useQuery(sessionQuery);

  useEffect(() => setMenuOpen(false), [location.pathname]);
  // A session that ended elsewhere makes the route guards run again, which lead to the log-in page.
  useEffect(() => {
    if (session.data === null || session.data?.mustChangePassword === true) void router.invalidate();
  }, [session.data, router]);

  return (
    <Layout className="shell">
      <a className="skip-link" href="#content">
        {t('nav.skip')}
      </a>
      <Layout.Sider width={232} className="shell-sider" breakpoint="lg" collapsedWidth={0} trigger={null}>
        <Link to="/" className="shell-brand" aria-label="Quorate">
          <Brand />
        </Link>
        <Navigation />
      </Layout.Sider>
      <Drawer
        placement="left"
        size={264}
        open={menuOpen}
        onClose={() => setMenuOpen(false)}
        title={<Brand />}
        styles={{ body: { padding: 8 } }}
      >
        <Navigation />
      </Drawer>
      <Layout>
        <Layout.Header className="shell-header">
          <Flex align="center" gap={8} className="shell-header-start">
            <Button
              className="shell-menu-button"
              type="text"
              icon={<MenuOutlined />}
              aria-label={t('nav.menu')}
              onClick={() => setMenuOpen(true)}
            />
            <Typography.Text strong ellipsis className="shell-tenant">
              {session.data?.tenant?.name ?? t('nav.platform')}
            </Typography.Text>
          </Flex>
          <Flex align="center" gap={4}>
            <Preferences />
            <AccountMenu email={session.data?.member?.email ?? ''} />
          </Flex>
        </Layout.Header>
        <Layout.Content id="content" tabIndex={-1} className="shell-content">
          <Outlet />
        </Layout.Content>
      </Layout>
    </Layout>
  );
}

function Navigation() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { data } = useQuery(sessionQuery);
  const items = data?.member?.role === 'platform-admin' ? adminItems : tenantItems;
  const longestFirst = [...items].sort((left, right) => right.path.length - left.path.length);
  const selected = longestFirst.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`));
  return (
    <nav aria-label={t('nav.main')}>
      <Menu
        mode="inline"
        className="shell-menu"
        selectedKeys={selected === undefined ? [] : [selected.path]}
        items={items.map(({ path, label, icon }) => ({ key: path, icon, label: <Link to={path}>{t(label)}</Link> }))}
      />
    </nav>
  );
}

function AccountMenu({ email }: { email: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const logOut = useMutation({
    mutationFn: () => controlPlane.logout(),
    onSuccess: async () => {
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: '/login' });
    },
  });
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'email', label: email, disabled: true },
          { type: 'divider' },
          { key: 'password', icon: <KeyOutlined />, label: t('nav.password') },
          { key: 'logout', icon: <LogoutOutlined />, label: t('nav.logOut') },
        ],
        onClick: ({ key }) => {
          if (key === 'password') void navigate({ to: '/password' });
          if (key === 'logout') logOut.mutate();
        },
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('nav.account')} loading={logOut.isPending} />
    </Dropdown>
  );
}
