import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ApiKey, CreatedApiKey } from '@quorate/sdk';
import { Alert, App, Button, Form, Input, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { apiKeysQuery } from '../api/queries';
import { useFormats } from '../i18n/formats';
import { Page } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';
import { RowsTable } from '../ui/rows-table';
import { Snippet } from '../ui/snippet';

interface KeyForm {
  readonly name: string;
  readonly expiresInDays: number;
}

const lifetimesDays = [7, 30, 90, 365] as const;

/** The tenant's credentials for machines. */
export function ApiKeysPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { modal } = App.useApp();
  const queryClient = useQueryClient();
  const keys = useQuery(apiKeysQuery);
  const [creating, setCreating] = useState(false);
  const revoke = useMutation({
    mutationFn: (id: string) => controlPlane.revokeApiKey(id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
  const confirmRevoke = (key: ApiKey) =>
    void modal.confirm({
      title: t('apiKeys.revokeTitle', { name: key.name }),
      content: t('apiKeys.revokeDetail'),
      okText: t('apiKeys.revoke'),
      okButtonProps: { danger: true },
      cancelText: t('action.cancel'),
      onOk: () => revoke.mutateAsync(key.id).catch(() => undefined),
    });
  return (
    <Page
      title={t('nav.apiKeys')}
      lead={t('apiKeys.lead')}
      actions={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
          {t('apiKeys.create')}
        </Button>
      }
    >
      <div className="stack">
        {revoke.error !== null && <ProblemAlert error={revoke.error} />}
        <RowsTable<ApiKey>
          rows={keys.data ?? []}
          rowKey="id"
          pending={keys.isPending}
          error={keys.error}
          onRetry={() => void keys.refetch()}
          empty={t('apiKeys.empty')}
          columns={[
            { title: t('field.name'), render: (_, { name }) => <strong>{name}</strong> },
            { title: t('apiKeys.prefix'), render: (_, { prefix }) => <span className="identifier">{prefix}…</span> },
            {
              title: t('field.created'),
              render: (_, { createdAt }) => (createdAt === undefined ? '—' : formats.date(createdAt)),
            },
            {
              title: t('field.expires'),
              render: (_, { expiresAt }) =>
                Date.parse(expiresAt) < Date.now() ? (
                  <Tag color="error">{t('apiKeys.expired')}</Tag>
                ) : (
                  formats.date(expiresAt)
                ),
            },
            {
              title: t('apiKeys.lastUsed'),
              render: (_, { lastUsedAt }) => (lastUsedAt ? formats.dateTime(lastUsedAt) : t('apiKeys.neverUsed')),
            },
            {
              title: t('apiKeys.revoke'),
              render: (_, key) => (
                <Button size="small" danger onClick={() => confirmRevoke(key)}>
                  {t('apiKeys.revoke')}
                </Button>
              ),
            },
          ]}
        />
      </div>
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} />}
    </Page>
  );
}

function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const create = useMutation({
    mutationFn: (form: KeyForm) => controlPlane.createApiKey({ ...form, name: form.name.trim() }),
    onSuccess: (key) => {
      setCreated(key);
      return queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
    },
  });
  if (created !== null) {
    return (
      <Modal
        open
        title={t('apiKeys.createdTitle')}
        closable={false}
        mask={{ closable: false }}
        keyboard={false}
        footer={
          <Button type="primary" onClick={onClose}>
            {t('apiKeys.saved')}
          </Button>
        }
      >
        <div className="stack">
          <Alert type="warning" showIcon title={t('apiKeys.shownOnce')} />
          <Snippet text={created.key} wrap />
        </div>
      </Modal>
    );
  }
  return (
    <Modal
      open
      title={t('apiKeys.create')}
      okText={t('apiKeys.create')}
      cancelText={t('action.cancel')}
      okButtonProps={{ htmlType: 'submit', form: 'api-key-form' }}
      confirmLoading={create.isPending}
      onCancel={onClose}
    >
      <Form<KeyForm>
        id="api-key-form"
        layout="vertical"
        requiredMark={false}
        initialValues={{ expiresInDays: 90 }}
        onFinish={create.mutate}
      >
        <Form.Item
          name="name"
          label={t('field.name')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }]}
        >
          <Input placeholder={t('apiKeys.namePlaceholder')} maxLength={60} autoFocus />
        </Form.Item>
        <Form.Item name="expiresInDays" label={t('apiKeys.lifetime')}>
          <Select options={lifetimesDays.map((value) => ({ value, label: t('apiKeys.days', { count: value }) }))} />
        </Form.Item>
      </Form>
      {create.error !== null && <ProblemAlert error={create.error} />}
    </Modal>
  );
}
