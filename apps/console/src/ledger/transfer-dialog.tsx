import { Form, Input, Select } from 'antd';
import type { AccountView } from '@quorate/sdk';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { parseMinorUnits } from '../money/minor-units';
import { shortId } from '../ui/copyable-id';
import { SigningDialog } from './dialog';
import { useLedgerScope } from './ledger-context';
import { balanceMinor, isIssuing, transferCodes, transferCreation } from './operations';
import { useLedgerRows, type LedgerRows } from './rows';
import { canSign } from '../keys/held-keys';
import { useSubmission } from './submission';

interface TransferForm {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
}

/** What the dialog starts with: new units from an issuing account, or money between accounts. */
export type TransferPurpose = 'issue' | 'transfer';

/** Moves an amount between two accounts of one asset; the debit account's party signs. */
export function TransferDialog(props: {
  purpose: TransferPurpose;
  onClose: () => void;
  onDone?: (transferId: string) => void;
}) {
  const { t } = useTranslation();
  const { keys } = useLedgerScope();
  const formats = useFormats();
  const rows = useLedgerRows();
  const [form] = Form.useForm<TransferForm>();
  const submission = useSubmission();
  const debit = rows.account(Form.useWatch('debit', form) ?? '');
  const asset = debit === undefined ? undefined : rows.asset(debit.asset);
  const start = startingAccounts(props.purpose, rows.accounts);
  const label = (account: AccountView) => accountLabel(account, rows, formats.amount);
  const signable = (account: AccountView) => {
    const owner = rows.party(account.party);
    return owner !== undefined && canSign(owner, keys);
  };
  const submit = (values: TransferForm) => {
    const credit = rows.account(values.credit);
    const owner = debit === undefined ? undefined : rows.party(debit.party);
    if (debit === undefined || credit === undefined || asset === undefined || owner === undefined) return;
    const amount = parseMinorUnits(values.amount, asset.scale);
    if (!('amountMinor' in amount)) return;
    const operation = transferCreation({
      debit,
      credit,
      amountMinor: amount.amountMinor,
      code: isIssuing(debit) ? transferCodes.issue : transferCodes.transfer,
    });
    submission.mutate({ party: owner, operations: [operation] }, { onSuccess: props.onClose });
  };
  const issuing = props.purpose === 'issue';
  return (
    <SigningDialog
      title={t(issuing ? 'transfer.issue' : 'transfer.create')}
      lead={t(issuing ? 'transfer.issueLead' : 'transfer.createLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{ debit: start.debit?.id, credit: start.credit?.id, amount: issuing ? '1000.00' : '6.20' }}
      pending={submission.isPending}
      error={submission.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Form.Item name="debit" label={t('transfer.debit')} rules={[{ required: true, message: t('form.required') }]}>
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          options={rows.accounts.map((account) => ({
            value: account.id,
            label: label(account),
            disabled: !signable(account) || (issuing && !isIssuing(account)),
          }))}
        />
      </Form.Item>
      <Form.Item name="credit" label={t('transfer.credit')} rules={[{ required: true, message: t('form.required') }]}>
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          options={rows.accounts.map((account) => ({
            value: account.id,
            label: label(account),
            disabled: debit !== undefined && (account.id === debit.id || account.asset !== debit.asset),
          }))}
        />
      </Form.Item>
      <Form.Item
        name="amount"
        label={t('field.amount')}
        validateTrigger="onBlur"
        rules={[
          {
            validator: (_, text: string) => {
              const amount = parseMinorUnits(text ?? '', asset?.scale ?? 0);
              return 'fault' in amount
                ? Promise.reject(new Error(t(`amount.${amount.fault}`, { count: asset?.scale ?? 0 })))
                : Promise.resolve();
            },
          },
        ]}
      >
        <Input inputMode="decimal" suffix={asset?.code} className="amount" />
      </Form.Item>
    </SigningDialog>
  );
}

function startingAccounts(purpose: TransferPurpose, accounts: readonly AccountView[]) {
  const debit = accounts.find((account) =>
    purpose === 'issue' ? isIssuing(account) : !isIssuing(account) && balanceMinor(account) > 0n,
  );
  const credit = accounts.find(
    (account) => !isIssuing(account) && account.asset === debit?.asset && account.id !== debit.id,
  );
  return { debit, credit };
}

/** An account in one line: short id, owner, balance. */
export function accountLabel(
  account: AccountView,
  rows: LedgerRows,
  formatAmount: (amountMinor: bigint, scale: number) => string,
): string {
  const asset = rows.asset(account.asset);
  const owner = rows.party(account.party)?.name ?? shortId(account.party);
  const balance = asset === undefined ? '' : ` · ${formatAmount(balanceMinor(account), asset.scale)} ${asset.code}`;
  return `${shortId(account.id)} · ${owner}${balance}`;
}
