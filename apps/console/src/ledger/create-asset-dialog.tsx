import { activeCurrencies } from '@quorate/payments';
import { Alert, Flex, Form, Input, InputNumber, Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SigningDialog } from './dialog';
import { useLedgerScope } from './ledger-context';
import { assetCreation, operatorPartyId } from './operations';
import { useLedgerRows } from './rows';
import { canSign } from '../keys/held-keys';
import { KeyAbsence, useSubmission } from './submission';

interface AssetForm {
  readonly currency: string;
  readonly code: string;
  readonly id: number;
  readonly scale: number;
}

/** Ids above every ISO 4217 number are free for assets of one's own. */
const ownAssetIdMin = 1_000;
const scaleMax = 18;

/** Creates an asset: a currency of ISO 4217 or one of the institution's own. The operator signs and is its issuer. */
export function CreateAssetDialog({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { keys } = useLedgerScope();
  const { parties, assets } = useLedgerRows();
  const [form] = Form.useForm<AssetForm>();
  const [kind, setKind] = useState<'currency' | 'own'>('currency');
  const submission = useSubmission();
  const operator = parties.find(({ id }) => id === operatorPartyId);
  const currencies = useCurrencyOptions(i18n.language, new Set(assets.map(({ id }) => id)));
  const submit = (values: AssetForm) => {
    if (operator === undefined) return;
    const currency = activeCurrencies().find(({ code }) => code === values.currency);
    const draft =
      kind === 'currency' && currency !== undefined
        ? { id: currency.numeric, code: currency.code, scale: currency.exponent }
        : { id: values.id, code: values.code, scale: values.scale };
    const operation = assetCreation({ ...draft, issuer: operator.id });
    submission.mutate({ party: operator, operations: [operation] }, { onSuccess: onClose });
  };
  const lacksKey = operator !== undefined && !canSign(operator, keys);
  return (
    <SigningDialog
      title={t('asset.create')}
      lead={t('asset.createLead', { issuer: operator?.name ?? '' })}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{ currency: firstFree(currencies), id: ownAssetIdMin + assets.length, scale: 2 }}
      pending={submission.isPending}
      error={lacksKey ? new KeyAbsence() : submission.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Form.Item>
        <Segmented
          block
          value={kind}
          onChange={setKind}
          options={[
            { value: 'currency', label: t('asset.currency') },
            { value: 'own', label: t('asset.own') },
          ]}
        />
      </Form.Item>
      {kind === 'currency' ? (
        <Form.Item name="currency" label={t('asset.currency')}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={currencies} />
        </Form.Item>
      ) : (
        <>
          <Form.Item
            name="code"
            label={t('asset.code')}
            extra={t('asset.codeRule')}
            rules={[{ required: true, pattern: /^[A-Z][A-Z0-9]{0,11}$/, message: t('asset.codeRule') }]}
          >
            <Input placeholder="BOND27" maxLength={12} />
          </Form.Item>
          <Flex gap={16}>
            <Form.Item name="id" label={t('asset.id')} style={{ flex: 1 }} rules={[{ required: true }]}>
              <InputNumber min={ownAssetIdMin} max={0xffff_fffe} precision={0} style={{ width: '100%' }} />
            </Form.Item>
            <Form.Item name="scale" label={t('asset.scale')} style={{ flex: 1 }} rules={[{ required: true }]}>
              <InputNumber min={0} max={scaleMax} precision={0} style={{ width: '100%' }} />
            </Form.Item>
          </Flex>
        </>
      )}
      {parties.length > 1 && <Alert type="info" title={t('asset.issuerNote')} style={{ marginBottom: 16 }} />}
    </SigningDialog>
  );
}

interface CurrencyOption {
  readonly value: string;
  readonly label: string;
  readonly disabled: boolean;
}

const preferred = ['CHF', 'EUR', 'USD', 'CNY', 'SGD', 'HKD', 'GBP', 'JPY'];

function useCurrencyOptions(language: string, taken: ReadonlySet<number>): CurrencyOption[] {
  return useMemo(() => {
    const names = new Intl.DisplayNames(language, { type: 'currency' });
    const rank = (code: string) => (preferred.includes(code) ? preferred.indexOf(code) : preferred.length);
    return activeCurrencies()
      .sort((left, right) => rank(left.code) - rank(right.code))
      .map(({ code, numeric }) => ({
        value: code,
        label: `${code} — ${names.of(code) ?? code}`,
        disabled: taken.has(numeric),
      }));
  }, [language, taken]);
}

const firstFree = (options: readonly CurrencyOption[]) => options.find(({ disabled }) => !disabled)?.value;
