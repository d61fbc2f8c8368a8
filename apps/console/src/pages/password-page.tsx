import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Alert, App, Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { sessionQuery } from '../api/queries';
import { EntryFrame } from '../ui/entry-frame';
import { passwordLengthMin } from '../session/password';
import { ProblemAlert } from '../ui/problem-alert';

interface PasswordForm {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly repeated: string;
}

/** Where a member changes the password; a first administrator must, before anything else. */
export function PasswordPage() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const session = useQuery(sessionQuery);
  const forced = session.data?.mustChangePassword === true;
  const change = useMutation({
    mutationFn: ({ currentPassword, newPassword }: PasswordForm) =>
      controlPlane.changePassword({ currentPassword, newPassword }),
    onSuccess: async () => {
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      void message.success(t('password.changed'));
      await navigate({ to: '/' });
    },
  });
  const rule = t('form.passwordRule', { count: passwordLengthMin });
  return (
    <EntryFrame title={t('password.title')}>
      {forced && <Alert type="info" showIcon title={t('password.forced')} style={{ marginBottom: 20 }} />}
      <Form<PasswordForm> layout="vertical" requiredMark={false} onFinish={change.mutate} disabled={change.isPending}>
        <Form.Item
          name="currentPassword"
          label={t('password.current')}
          rules={[{ required: true, message: t('form.required') }]}
        >
          <Input.Password autoComplete="current-password" autoFocus size="large" />
        </Form.Item>
        <Form.Item
          name="newPassword"
          label={t('password.new')}
          extra={rule}
          rules={[{ required: true, min: passwordLengthMin, message: t('form.tooShort') }]}
          validateTrigger="onBlur"
        >
          <Input.Password autoComplete="new-password" size="large" />
        </Form.Item>
        <Form.Item
          name="repeated"
          label={t('password.repeat')}
          dependencies={['newPassword']}
          validateTrigger="onBlur"
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value) =>
                value === getFieldValue('newPassword')
                  ? Promise.resolve()
                  : Promise.reject(new Error(t('password.different'))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" size="large" />
        </Form.Item>
        <div className="stack">
          {change.error !== null && <ProblemAlert error={change.error} />}
          <Button type="primary" htmlType="submit" size="large" block loading={change.isPending}>
            {t('password.submit')}
          </Button>
          {!forced && <Link to="/">{t('action.back')}</Link>}
        </div>
      </Form>
    </EntryFrame>
  );
}
