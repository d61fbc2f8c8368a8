import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ForkPoint, Ledger, LedgerClass } from '@quorate/sdk';
import { Flex, Form, Input, InputNumber, Modal, Segmented, Select } from 'antd';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { ledgerQuery, ledgersQuery, platformQuery, sessionQuery } from '../api/queries';
import { createStoredKey, type StoredKey } from '../keys/key-store';
import { ProblemAlert } from '../ui/problem-alert';
import { storedKeysQuery } from './ledger-context';

type PointKind = 'newest' | 'height' | 'time';

interface ForkForm {
  readonly name: string;
  readonly class: LedgerClass;
  readonly ttlSeconds: number;
  readonly pointKind: PointKind;
  readonly height?: number;
  readonly time?: string;
}

const lifetimesSeconds = [3_600, 14_400, 86_400] as const;
const pointKinds: readonly PointKind[] = ['newest', 'height', 'time'];

function pointOf({ pointKind, height, time }: ForkForm): ForkPoint | undefined {
  if (pointKind === 'height' && height !== undefined) return { height };
  // The browser's field says a time without its zone: it is the reader's.
  if (pointKind === 'time' && time !== undefined) return { time: new Date(time).toISOString() };
  return undefined;
}

/** Asks for a new ledger that begins with the state of this one: a copy to try things on, or its books as they were at a point. */
export function ForkDialog({ parent, onClose }: { parent: Ledger; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: platform } = useQuery(platformQuery);
  const [form] = Form.useForm<ForkForm>();
  const pointKind = Form.useWatch('pointKind', form) ?? 'newest';
  const ledgerClass = Form.useWatch('class', form) ?? 'sandbox';
  const fork = useFork(parent);
  const retired = parent.state === 'retired';
  const required = { required: true, message: t('form.required') };
  return (
    <Modal
      open
      title={t('fork.title', { name: parent.name })}
      okText={t('fork.submit')}
      cancelText={t('action.cancel')}
      okButtonProps={{ htmlType: 'submit', form: 'fork-form' }}
      confirmLoading={fork.isPending}
      onCancel={onClose}
    >
      <p className="soft">{t(retired ? 'fork.leadRetired' : 'fork.lead')}</p>
      <Form<ForkForm>
        id="fork-form"
        form={form}
        layout="vertical"
        requiredMark={false}
        disabled={fork.isPending}
        initialValues={{
          name: t('fork.named', { name: parent.name }).slice(0, 64),
          class: retired ? parent.class : 'sandbox',
          ttlSeconds: lifetimesSeconds[0],
          pointKind: 'newest',
        }}
        onFinish={fork.mutate}
      >
        <Form.Item name="pointKind" label={t('fork.point')}>
          <Segmented block options={pointKinds.map((value) => ({ value, label: t(`fork.point_${value}`) }))} />
        </Form.Item>
        {pointKind === 'height' && (
          <Form.Item name="height" label={t('fork.height')} extra={t('fork.heightHint')} rules={[required]}>
            <InputNumber min={0} max={999_999_999_999} precision={0} style={{ width: '100%' }} />
          </Form.Item>
        )}
        {pointKind === 'time' && (
          <Form.Item name="time" label={t('fork.time')} extra={t('fork.timeHint')} rules={[required]}>
            <Input type="datetime-local" step={1} />
          </Form.Item>
        )}
        <Form.Item name="name" label={t('field.name')} rules={[{ ...required, whitespace: true }, { max: 64 }]}>
          <Input maxLength={64} />
        </Form.Item>
        <Flex gap={16}>
          <Form.Item name="class" label={t('field.class')} style={{ flex: 1 }}>
            <Select
              options={platform?.classes.map(({ name, replicas }) => ({
                value: name,
                label: `${t(`ledgerClass.${name}`)} · ${t('createLedger.replicas', { count: replicas })}`,
              }))}
            />
          </Form.Item>
          {ledgerClass === 'sandbox' && (
            <Form.Item name="ttlSeconds" label={t('createLedger.lifetime')} style={{ flex: 1 }}>
              <Select
                options={lifetimesSeconds.map((value) => ({
                  value,
                  label: t('createLedger.hours', { count: value / 3_600 }),
                }))}
              />
            </Form.Item>
          )}
        </Flex>
        <p className="soft">{t('fork.keyNote')}</p>
      </Form>
      {fork.error !== null && <ProblemAlert error={fork.error} />}
    </Modal>
  );
}

function useFork(parent: Ledger) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  // A second attempt uses the key of the first one instead of leaving an unused key behind.
  const operatorKey = useRef<StoredKey | null>(null);
  return useMutation({
    mutationFn: async (form: ForkForm) => {
      const name = form.name.trim();
      operatorKey.current ??= await createStoredKey(name);
      const at = pointOf(form);
      return controlPlane.createLedger({
        name,
        class: form.class,
        region: parent.region,
        operator: {
          name: session?.tenant?.name ?? name,
          keys: [{ scheme: 'p256', publicKey: operatorKey.current.publicKey }],
        },
        from: { ledgerId: parent.id, ...(at === undefined ? {} : { at }) },
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
