import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { PartyView } from '@quorate/sdk';
import { Flex, Form, InputNumber, Select, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { createStoredKey } from '../keys/key-store';
import { SigningDialog } from '../ledger/dialog';
import { storedKeysQuery } from '../ledger/ledger-context';
import { useLedgerRows } from '../ledger/rows';
import { useSubmission } from '../ledger/submission';
import { CopyableId } from '../ui/copyable-id';
import { keyChange, keptKeys, keyFates, type KeyFate, type KeyFates } from './authority-operations';
import { SignersNote, operatorsOf, useSigner } from './signers';

const keysMax = 8;

interface KeysForm {
  readonly threshold: number;
  readonly added: number;
  readonly fates: KeyFates;
}

const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** Adds, ends and removes keys of a party, in one envelope signed with its present keys; an operator does it for a frozen one. */
export function KeysDialog({ party, onClose }: { party: PartyView; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { parties } = useLedgerRows();
  const [form] = Form.useForm<KeysForm>();
  const submission = useSubmission();
  const signer = useSigner(party.frozen ? operatorsOf(parties) : [party]);
  const change = useMutation({
    mutationFn: async ({ threshold, added, fates: chosen }: KeysForm) => {
      if (signer === undefined) return;
      const keys = keptKeys(party.keys, chosen ?? {}, nowNs());
      for (let index = 0; index < added; index += 1) {
        const { publicKey } = await createStoredKey(party.name);
        keys.push({ scheme: 'p256', publicKey, validFromNs: null, validUntilNs: null });
      }
      await queryClient.invalidateQueries({ queryKey: storedKeysQuery.queryKey });
      await submission.mutateAsync({ party: signer, operations: [keyChange(party.id, threshold, keys)] });
    },
    onSuccess: onClose,
  });
  return (
    <SigningDialog
      title={t('authority.keysTitle', { name: party.name })}
      lead={t('authority.keysLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{ threshold: party.threshold, added: 1 }}
      pending={change.isPending}
      error={change.error}
      onSubmit={change.mutate}
      onClose={onClose}
    >
      {party.keys.map(({ publicKey, scheme }) => (
        <Flex key={publicKey} gap={12} align="center" justify="space-between" style={{ marginBottom: 12 }}>
          <Flex gap={8} align="center">
            <Tag>{scheme === 'p256' ? 'P-256' : 'Ed25519'}</Tag>
            <CopyableId id={publicKey} />
          </Flex>
          <Form.Item name={['fates', publicKey]} initialValue="keep" noStyle>
            <Select<KeyFate>
              style={{ flex: '0 1 180px', minWidth: 0 }}
              aria-label={t('authority.fate')}
              options={(Object.keys(keyFates) as KeyFate[]).map((value) => ({
                value,
                label: t(`keyFate.${value}`),
              }))}
            />
          </Form.Item>
        </Flex>
      ))}
      <Flex gap={16}>
        <Form.Item name="added" label={t('authority.newKeys')} extra={t('authority.newKeysHint')} style={{ flex: 1 }}>
          <InputNumber min={0} max={keysMax - 1} precision={0} style={{ width: '100%' }} />
        </Form.Item>
        <Form.Item name="threshold" label={t('party.threshold')} style={{ flex: 1 }}>
          <InputNumber min={1} max={keysMax} precision={0} style={{ width: '100%' }} />
        </Form.Item>
      </Flex>
      <SignersNote party={signer} />
    </SigningDialog>
  );
}
