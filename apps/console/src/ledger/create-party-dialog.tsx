import { LockOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { randomId } from '@quorate/sdk';
import { Alert, Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { createStoredKey } from '../keys/key-store';
import { SigningDialog } from './dialog';
import { storedKeysQuery } from './ledger-context';
import { partyCreation, operatorPartyId } from './operations';
import { fitsPartyName } from './party-name';
import { useLedgerRows } from './rows';
import { useSubmission } from './submission';

interface PartyForm {
  readonly name: string;
  readonly keyCount: number;
}

/** Records another party on the ledger, with keys made in this browser. The operator signs. */
export function CreatePartyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { parties } = useLedgerRows();
  const [form] = Form.useForm<PartyForm>();
  const submission = useSubmission();
  const create = useMutation({
    mutationFn: async ({ name, keyCount }: PartyForm) => {
      const operator = parties.find(({ id }) => id === operatorPartyId);
      if (operator === undefined) return;
      const keys = [];
      for (let index = 0; index < keyCount; index += 1) keys.push(await createStoredKey(name.trim()));
      await queryClient.invalidateQueries({ queryKey: storedKeysQuery.queryKey });
      const publicKeys = keys.map(({ publicKey }) => publicKey);
      const operation = partyCreation({ id: randomId(), name: name.trim(), threshold: keyCount, publicKeys });
      await submission.mutateAsync({ party: operator, operations: [operation] });
    },
    onSuccess: onClose,
  });
  return (
    <SigningDialog
      title={t('party.create')}
      lead={t('party.createLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{ keyCount: 1 }}
      pending={create.isPending}
      error={create.error}
      onSubmit={create.mutate}
      onClose={onClose}
    >
      <Form.Item
        name="name"
        label={t('field.name')}
        rules={[
          { required: true, whitespace: true, message: t('form.required') },
          {
            validator: (_, name: string) =>
              fitsPartyName(name ?? '') ? Promise.resolve() : Promise.reject(new Error(t('form.nameTooLong'))),
          },
        ]}
      >
        <Input maxLength={64} autoFocus />
      </Form.Item>
      <Form.Item name="keyCount" label={t('party.keys')} extra={t('party.keysHint')}>
        <Select options={[1, 2, 3].map((value) => ({ value, label: t('party.keyCount', { count: value }) }))} />
      </Form.Item>
      <Alert type="info" showIcon icon={<LockOutlined />} title={t('party.keysHere')} />
    </SigningDialog>
  );
}
