import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate, useRouter } from '@tanstack/react-router';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { sessionQuery } from '../api/queries';
import { EntryFrame } from '../ui/entry-frame';
import { ProblemAlert } from '../ui/problem-alert';

const route = getRouteApi('/login');

/** Where a member signs in. */
export function LogInPage() {
  const { t } = useTranslation();
  const { next } = route.useSearch();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const logIn = useMutation({
    mutationFn: (form: { readonly email: string; readonly password: string }) => controlPlane.login(form),
    onSuccess: async (session) => {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      if (session.mustChangePassword) await navigate({ to: '/password' });
      else if (next !== undefined) router.history.push(next);
      else await navigate({ to: '/' });
    },
  });
  return (
    <EntryFrame title={t('logIn.title')} lead={t('logIn.lead')}>
      <Form layout="vertical" requiredMark={false} onFinish={logIn.mutate} disabled={logIn.isPending}>
        <Form.Item name="email" label={t('field.email')} rules={[{ required: true, message: t('form.required') }]}>
          <Input type="email" autoComplete="username" autoFocus size="large" />
        </Form.Item>
        <Form.Item
          name="password"
          label={t('field.password')}
          rules={[{ required: true, message: t('form.required') }]}
        >
          <Input.Password autoComplete="current-password" size="large" />
        </Form.Item>
        <div className="stack">
          {logIn.error !== null && <ProblemAlert error={logIn.error} />}
          <Button type="primary" htmlType="submit" size="large" block loading={logIn.isPending}>
            {t('logIn.submit')}
          </Button>
          <div className="soft">
            {t('logIn.noAccount')} <Link to="/signup">{t('signUp.title')}</Link>
          </div>
          <div className="soft">
            <Link to="/verify">{t('nav.verify')}</Link>
          </div>
        </div>
      </Form>
    </EntryFrame>
  );
}
