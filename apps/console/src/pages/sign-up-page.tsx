import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { sessionQuery } from '../api/queries';
import { EntryFrame } from '../ui/entry-frame';
import { passwordLengthMin } from '../session/password';
import { ProblemAlert } from '../ui/problem-alert';

interface SignUpForm {
  readonly institution: string;
  readonly email: string;
  readonly password: string;
}

/** Where an institution becomes a tenant. */
export function SignUpPage() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const signUp = useMutation({
    mutationFn: async (form: SignUpForm) => {
      const { institution, email, password } = form;
      await controlPlane.signup({ institution: institution.trim(), email: email.trim(), password });
      return controlPlane.login({ email: email.trim(), password });
    },
    onSuccess: async (session) => {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      await navigate({ to: '/ledgers' });
    },
  });
  const required = { required: true, whitespace: true, message: t('form.required') };
  return (
    <EntryFrame title={t('signUp.title')} lead={t('signUp.lead')}>
      <Form<SignUpForm> layout="vertical" requiredMark={false} onFinish={signUp.mutate} disabled={signUp.isPending}>
        <Form.Item name="institution" label={t('field.institution')} rules={[required, { max: 64 }]}>
          <Input autoComplete="organization" autoFocus size="large" />
        </Form.Item>
        <Form.Item
          name="email"
          label={t('field.email')}
          rules={[required, { type: 'email', message: t('form.email') }]}
          validateTrigger="onBlur"
        >
          <Input type="email" autoComplete="username" size="large" />
        </Form.Item>
        <Form.Item
          name="password"
          label={t('field.password')}
          extra={t('form.passwordRule', { count: passwordLengthMin })}
          rules={[{ required: true, min: passwordLengthMin, message: t('form.tooShort') }]}
          validateTrigger="onBlur"
        >
          <Input.Password autoComplete="new-password" size="large" />
        </Form.Item>
        <div className="stack">
          {signUp.error !== null && <ProblemAlert error={signUp.error} />}
          <Button type="primary" htmlType="submit" size="large" block loading={signUp.isPending}>
            {t('signUp.submit')}
          </Button>
          <div className="soft">
            {t('signUp.hasAccount')} <Link to="/login">{t('logIn.title')}</Link>
          </div>
        </div>
      </Form>
    </EntryFrame>
  );
}
