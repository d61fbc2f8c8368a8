import { ISSUING_POLICIES, TRANSFER_POLICIES, type IssuingPolicy, type TransferPolicy } from '@quorate/protocol';
import type { AssetView } from '@quorate/sdk';
import { Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { SigningDialog } from '../ledger/dialog';
import { useLedgerRows } from '../ledger/rows';
import { useSubmission } from '../ledger/submission';
import { parseMinorUnits } from '../money/minor-units';
import { policyChange } from './authority-operations';
import { SignersNote } from './signers';

interface PolicyForm {
  readonly issuing: IssuingPolicy;
  readonly maximum: string;
  readonly transfers: TransferPolicy;
  readonly allow: readonly string[];
  readonly disallow: readonly string[];
}

/** Minor units as a person types them: no grouping, a point. */
function plainAmount(minor: string | null, scale: number): string {
  if (minor === null) return '';
  const digits = minor.padStart(scale + 1, '0');
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Changes how an asset may be issued and who may hold it; the issuer signs. */
export function PolicyDialog({ asset, onClose }: { asset: AssetView; onClose: () => void }) {
  const { t } = useTranslation();
  const rows = useLedgerRows();
  const [form] = Form.useForm<PolicyForm>();
  const submission = useSubmission();
  const issuer = rows.party(asset.issuer);
  const isBounded = (Form.useWatch('issuing', form) ?? asset.issuing) !== 'free';
  const submit = ({ maximum, issuing, transfers, allow, disallow }: PolicyForm) => {
    if (issuer === undefined) return;
    const amount = isBounded ? parseMinorUnits(maximum, asset.scale) : { amountMinor: 0n };
    if (!('amountMinor' in amount)) return;
    const operation = policyChange(asset, { issuing, transfers, maximumSupply: amount.amountMinor, allow, disallow });
    submission.mutate({ party: issuer, operations: [operation] }, { onSuccess: onClose });
  };
  const parties = rows.parties
    .filter(({ id }) => id !== asset.issuer)
    .map(({ id, name }) => ({ value: id, label: name }));
  return (
    <SigningDialog
      title={t('authority.policyTitle', { code: asset.code })}
      lead={t('authority.policyLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{
        issuing: asset.issuing,
        maximum: plainAmount(asset.maximumSupplyMinor, asset.scale),
        transfers: asset.transfers,
        allow: [],
        disallow: [],
      }}
      pending={submission.isPending}
      error={submission.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Form.Item name="issuing" label={t('asset.issuing')} extra={t('authority.issuingRule')}>
        <Select
          options={ISSUING_POLICIES.map((value) => ({
            value,
            label: t(`issuing.${value}`),
            disabled: ISSUING_POLICIES.indexOf(value) < ISSUING_POLICIES.indexOf(asset.issuing),
          }))}
        />
      </Form.Item>
      {isBounded && (
        <Form.Item
          name="maximum"
          label={t('authority.maximum')}
          rules={[
            {
              validator: (_, text: string) => {
                const amount = parseMinorUnits(text ?? '', asset.scale);
                return 'fault' in amount
                  ? Promise.reject(new Error(t(`amount.${amount.fault}`, { count: asset.scale })))
                  : Promise.resolve();
              },
            },
          ]}
        >
          <Input inputMode="decimal" suffix={asset.code} className="amount" />
        </Form.Item>
      )}
      <Form.Item name="transfers" label={t('asset.transfers')}>
        <Select options={TRANSFER_POLICIES.map((value) => ({ value, label: t(`transfers.${value}`) }))} />
      </Form.Item>
      <Form.Item name="allow" label={t('authority.allow')} extra={t('authority.allowHint')}>
        <Select mode="multiple" options={parties} />
      </Form.Item>
      <Form.Item name="disallow" label={t('authority.disallow')}>
        <Select mode="multiple" options={parties} />
      </Form.Item>
      <SignersNote party={issuer} />
    </SigningDialog>
  );
}
