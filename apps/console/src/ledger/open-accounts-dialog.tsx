import { Checkbox, Form, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { SigningDialog } from './dialog';
import { useLedgerScope } from './ledger-context';
import { accountOpening, isIssuing, operatorPartyId } from './operations';
import { PartySelect } from './party-select';
import { useLedgerRows } from './rows';
import { canSign } from '../keys/held-keys';
import { useSubmission } from './submission';

interface AccountsForm {
  readonly party: string;
  readonly asset: number;
  readonly issuing?: boolean;
  readonly ordinary: number;
}

/** Accounts opened by one envelope. */
const accountsMax = 100;

/** Opens accounts for one party in one asset, in one envelope. */
export function OpenAccountsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { keys } = useLedgerScope();
  const rows = useLedgerRows();
  const [form] = Form.useForm<AccountsForm>();
  const submission = useSubmission();
  const party = Form.useWatch('party', form);
  const asset = rows.asset(Form.useWatch('asset', form) ?? -1);
  const mayIssue = asset !== undefined && asset.issuer === party;
  const first = rows.assets[0];
  const hasIssuing = (assetId: number) =>
    rows.accounts.some((account) => account.asset === assetId && isIssuing(account));
  const submit = (values: AccountsForm) => {
    const owner = rows.party(values.party);
    const operator = rows.parties.find(({ id }) => id === operatorPartyId);
    // The owner opens its own account; otherwise the operator does it for the owner.
    const signer = owner !== undefined && canSign(owner, keys) ? owner : operator;
    if (signer === undefined) return;
    const opening = (issuing: boolean) => accountOpening({ party: values.party, asset: values.asset, issuing });
    const operations = [
      ...(mayIssue && values.issuing === true ? [opening(true)] : []),
      ...Array.from({ length: values.ordinary }, () => opening(false)),
    ];
    submission.mutate({ party: signer, operations }, { onSuccess: onClose });
  };
  return (
    <SigningDialog
      title={t('account.open')}
      lead={t('account.openLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{
        party: first?.issuer ?? rows.parties[0]?.id,
        asset: first?.id,
        issuing: first !== undefined && !hasIssuing(first.id),
        ordinary: 2,
      }}
      pending={submission.isPending}
      error={submission.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Form.Item name="party" label={t('account.owner')} rules={[{ required: true, message: t('form.required') }]}>
        <PartySelect parties={rows.parties} />
      </Form.Item>
      <Form.Item name="asset" label={t('field.asset')} rules={[{ required: true, message: t('form.required') }]}>
        <Select options={rows.assets.map(({ id, code }) => ({ value: id, label: code }))} />
      </Form.Item>
      <Form.Item
        name="ordinary"
        label={t('account.ordinaryCount')}
        extra={t('account.ordinaryHint')}
        rules={[{ required: true, message: t('form.required') }]}
      >
        <InputNumber min={mayIssue ? 0 : 1} max={accountsMax} precision={0} style={{ width: '100%' }} />
      </Form.Item>
      {mayIssue && (
        <Form.Item name="issuing" valuePropName="checked" extra={t('account.issuingHint')}>
          <Checkbox>{t('account.withIssuing')}</Checkbox>
        </Form.Item>
      )}
    </SigningDialog>
  );
}
