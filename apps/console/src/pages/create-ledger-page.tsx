import { LockOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { LedgerClass } from '@quorate/sdk';
import { Alert, Button, Flex, Form, Input, Select } from 'antd';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { ledgerQuery, ledgersQuery, platformQuery, sessionQuery } from '../api/queries';
import { canMakeKeys, createStoredKey, type StoredKey } from '../keys/key-store';
import { storedKeysQuery } from '../ledger/ledger-context';
import { fitsPartyName } from '../ledger/party-name';
import { Page } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';
import { RegionLabel } from '../ui/region-label';

interface LedgerForm {
  readonly class: LedgerClass;
  readonly name: string;
  readonly region: string;
  readonly operatorName: string;
  readonly ttlSeconds: number;
}

const lifetimesSeconds = [3_600, 14_400, 86_400] as const;

/** Where a ledger is asked for; the operator's key is made here, in the browser. */
export function CreateLedgerPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: platform } = useSuspenseQuery(platformQuery);
  const { data: session } = useQuery(sessionQuery);
  const [form] = Form.useForm<LedgerForm>();
  const ledgerClass = Form.useWatch('class', form) ?? 'standard';
  const create = useLedgerCreation();
  return (
    <Page title={t('createLedger.title')} lead={t('createLedger.lead')}>
      <Form<LedgerForm>
        form={form}
        className="page-narrow"
        layout="vertical"
        requiredMark={false}
        disabled={create.isPending}
        initialValues={{
          class: 'standard',
          region: platform.regions[0],
          operatorName: session?.tenant?.name,
          ttlSeconds: lifetimesSeconds[0],
        }}
        onFinish={create.mutate}
      >
        <Form.Item name="class" label={t('field.class')}>
          <ClassChoice classes={platform.classes} />
        </Form.Item>
        <Form.Item
          name="name"
          label={t('field.name')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }, { max: 64 }]}
        >
          <Input size="large" placeholder={t('createLedger.namePlaceholder')} autoFocus maxLength={64} />
        </Form.Item>
        <Flex gap={16} wrap>
          <Form.Item name="region" label={t('field.region')} style={{ flex: '1 1 220px' }}>
            <Select
              size="large"
              options={platform.regions.map((region) => ({ value: region, label: <RegionLabel region={region} /> }))}
            />
          </Form.Item>
          {ledgerClass === 'sandbox' && (
            <Form.Item name="ttlSeconds" label={t('createLedger.lifetime')} style={{ flex: '1 1 220px' }}>
              <Select
                size="large"
                options={lifetimesSeconds.map((value) => ({
                  value,
                  label: t('createLedger.hours', { count: value / 3_600 }),
                }))}
              />
            </Form.Item>
          )}
        </Flex>
        <Form.Item
          name="operatorName"
          label={t('createLedger.operator')}
          extra={t('createLedger.operatorHint')}
          rules={[
            { required: true, whitespace: true, message: t('form.required') },
            {
              validator: (_, name: string) =>
                fitsPartyName(name ?? '') ? Promise.resolve() : Promise.reject(new Error(t('form.nameTooLong'))),
            },
          ]}
        >
          <Input size="large" maxLength={64} />
        </Form.Item>
        <div className="stack">
          <Alert
            type={canMakeKeys() ? 'info' : 'error'}
            showIcon
            icon={<LockOutlined />}
            title={t('createLedger.keyTitle')}
            description={canMakeKeys() ? t('createLedger.keyDetail') : t('createLedger.keyImpossible')}
          />
          {create.error !== null && <ProblemAlert error={create.error} />}
          <Flex gap={8}>
            <Button type="primary" size="large" htmlType="submit" loading={create.isPending} disabled={!canMakeKeys()}>
              {t('createLedger.submit')}
            </Button>
            <Button size="large" onClick={() => void navigate({ to: '/ledgers' })}>
              {t('action.cancel')}
            </Button>
          </Flex>
        </div>
      </Form>
    </Page>
  );
}

function useLedgerCreation() {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  // A second attempt uses the key of the first one instead of leaving an unused key behind.
  const operatorKey = useRef<StoredKey | null>(null);
  return useMutation({
    mutationFn: async (form: LedgerForm) => {
      operatorKey.current ??= await createStoredKey(form.name.trim());
      return controlPlane.createLedger({
        name: form.name.trim(),
        class: form.class,
        region: form.region,
        operator: {
          name: form.operatorName.trim(),
          keys: [{ scheme: 'p256', publicKey: operatorKey.current.publicKey }],
        },
        ...(form.class === 'sandbox' ? { ttlSeconds: form.ttlSeconds } : {}),
      });
    },
    onSuccess: async (ledger) => {
      queryClient.setQueryData(ledgerQuery(ledger.id).queryKey, ledger);
      void queryClient.invalidateQueries({ queryKey: ledgersQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: storedKeysQuery.queryKey });
      await navigate({ to: '/ledgers/$ledgerId', params: { ledgerId: ledger.id } });
    },
  });
}

function ClassChoice(props: {
  id?: string;
  value?: LedgerClass;
  onChange?: (value: LedgerClass) => void;
  classes: readonly { readonly name: LedgerClass; readonly replicas: number }[];
}) {
  const { t } = useTranslation();
  return (
    <div className="choices" role="radiogroup" aria-label={t('field.class')}>
      {props.classes.map(({ name, replicas }) => (
        <label key={name} className="choice">
          <input
            type="radio"
            name="ledger-class"
            value={name}
            checked={props.value === name}
            onChange={() => props.onChange?.(name)}
          />
          <span className="choice-title">
            {t(`ledgerClass.${name}`)}
            <span className="replica-dots" role="img" aria-label={t('createLedger.replicas', { count: replicas })}>
              {Array.from({ length: replicas }, (_, index) => (
                <i key={index} />
              ))}
            </span>
          </span>
          <span className="choice-text" style={{ display: 'block' }}>
            {t(`createLedger.class_${name}`)}
          </span>
        </label>
      ))}
    </div>
  );
}
