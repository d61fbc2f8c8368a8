import type { AccountView } from '@quorate/sdk';
import { Flex, Form, Input, InputNumber, Select, type FormInstance } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { SigningDialog } from '../ledger/dialog';
import { useLedgerRows } from '../ledger/rows';
import { useSubmission } from '../ledger/submission';
import { accountLabel } from '../ledger/transfer-dialog';
import { parseMinorUnits } from '../money/minor-units';
import { shortId } from '../ui/copyable-id';
import { mandatePut } from './authority-operations';
import { SignersNote } from './signers';

/** Lengths of a period that a person thinks in, in seconds; 0 is the whole life of the mandate. */
const periods = { day: 86_400, week: 604_800, month: 2_592_000, life: 0 } as const;
type Period = keyof typeof periods;
const timesMax = 0xffff_ffff;

interface MandateForm {
  readonly grantee: string;
  readonly creditAccount: string;
  readonly perTransfer: string;
  readonly perPeriod: string;
  readonly times: number | null;
  readonly period: Period;
  readonly until: string;
}

/** Stands for any account in the choice of whom a mandate is in favour of. */
const anyAccount = '';

/** Lets another party debit the account within bounds; the owner signs. */
export function MandateDialog({ account, onClose }: { account: AccountView; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const [form] = Form.useForm<MandateForm>();
  const submission = useSubmission();
  const owner = rows.party(account.party);
  const asset = rows.asset(account.asset);
  const scale = asset?.scale ?? 0;
  const bound = (text: string): bigint | null => {
    const amount = parseMinorUnits(text, scale);
    return 'amountMinor' in amount ? amount.amountMinor : null;
  };
  const submit = (values: MandateForm) => {
    if (owner === undefined) return;
    const operation = mandatePut({
      account: account.id,
      grantee: values.grantee,
      creditAccount: values.creditAccount === anyAccount ? null : values.creditAccount,
      transferAmountMax: bound(values.perTransfer),
      periodAmountMax: bound(values.perPeriod),
      periodTransfersMax: values.times,
      periodSeconds: periods[values.period],
      until: values.until,
    });
    submission.mutate({ party: owner, operations: [operation] }, { onSuccess: onClose });
  };
  const others = rows.parties.filter(({ id }) => id !== account.party);
  const credits = rows.accounts.filter(({ id, asset: own }) => id !== account.id && own === account.asset);
  return (
    <SigningDialog
      title={t('authority.mandateTitle')}
      lead={t('authority.mandateLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{
        grantee: others[0]?.id,
        creditAccount: anyAccount,
        perTransfer: '',
        perPeriod: '',
        times: null,
        period: 'month',
        until: '',
      }}
      pending={submission.isPending}
      error={submission.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Form.Item name="grantee" label={t('mandate.grantee')} rules={[{ required: true, message: t('form.required') }]}>
        <Select options={others.map(({ id, name }) => ({ value: id, label: `${name} · ${shortId(id)}` }))} />
      </Form.Item>
      <Form.Item name="creditAccount" label={t('mandate.inFavourOf')}>
        <Select
          options={[
            { value: anyAccount, label: t('mandate.anyAccount') },
            ...credits.map((each) => ({ value: each.id, label: accountLabel(each, rows, formats.amount) })),
          ]}
        />
      </Form.Item>
      <MandateBounds form={form} scale={scale} code={asset?.code} />
      <SignersNote party={owner} />
    </SigningDialog>
  );
}

function MandateBounds({ form, scale, code }: { form: FormInstance<MandateForm>; scale: number; code?: string }) {
  const { t } = useTranslation();
  const isAmount = (_: unknown, text: string) => {
    const amount = (text ?? '') === '' ? null : parseMinorUnits(text, scale);
    return amount !== null && 'fault' in amount
      ? Promise.reject(new Error(t(`amount.${amount.fault}`, { count: scale })))
      : Promise.resolve();
  };
  const period = Form.useWatch('period', form);
  const half = { flex: 1 };
  return (
    <>
      <Flex gap={16}>
        <Form.Item name="perTransfer" label={t('mandate.perTransfer')} style={half} rules={[{ validator: isAmount }]}>
          <Input inputMode="decimal" suffix={code} className="amount" placeholder={t('mandate.unbounded')} />
        </Form.Item>
        <Form.Item name="until" label={t('mandate.until')} style={half}>
          <Input type="datetime-local" />
        </Form.Item>
      </Flex>
      <Form.Item name="period" label={t('authority.period')}>
        <Select
          options={(Object.keys(periods) as Period[]).map((value) => ({
            value,
            label: t(`mandatePeriod.${value}`),
          }))}
        />
      </Form.Item>
      <Flex gap={16}>
        <Form.Item
          name="perPeriod"
          label={t(period === 'life' ? 'authority.inAll' : 'mandate.perPeriod')}
          style={half}
          rules={[{ validator: isAmount }]}
        >
          <Input inputMode="decimal" suffix={code} className="amount" placeholder={t('mandate.unbounded')} />
        </Form.Item>
        <Form.Item name="times" label={t('authority.times')} style={half}>
          <InputNumber
            min={1}
            max={timesMax}
            precision={0}
            style={{ width: '100%' }}
            placeholder={t('mandate.unbounded')}
          />
        </Form.Item>
      </Flex>
    </>
  );
}
