import { Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { SigningDialog } from '../ledger/dialog';
import { useLedgerRows } from '../ledger/rows';
import { useSubmission } from '../ledger/submission';
import { freezeChange, type FreezeTarget } from './authority-operations';
import { SignersNote, operatorsOf, useSigner } from './signers';

const REASON_BYTES_MAX = 128;

interface FreezeForm {
  readonly reason: string;
}

/** Freezes an account or a party, or lifts that; an operator signs with as many keys as it needs, and the reason stays on record. */
export function FreezeDialog(props: { target: FreezeTarget; name: string; frozen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { parties } = useLedgerRows();
  const { target, name, frozen } = props;
  const [form] = Form.useForm<FreezeForm>();
  const submission = useSubmission();
  // Nobody freezes itself.
  const signer = useSigner(operatorsOf(parties).filter(({ id }) => target.target !== 'party' || id !== target.id));
  const submit = ({ reason }: FreezeForm) => {
    if (signer === undefined) return;
    const operation = freezeChange(target, !frozen, reason.trim());
    submission.mutate({ party: signer, operations: [operation] }, { onSuccess: props.onClose });
  };
  return (
    <SigningDialog
      title={t(frozen ? 'authority.liftTitle' : 'authority.freezeTitle', { name })}
      lead={t(frozen ? 'authority.liftLead' : `freezeLead.${target.target}`)}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{ reason: '' }}
      pending={submission.isPending}
      error={submission.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Form.Item
        name="reason"
        label={t('freeze.reason')}
        rules={[
          { required: true, whitespace: true, message: t('form.required') },
          {
            validator: (_, reason: string) =>
              new TextEncoder().encode((reason ?? '').trim()).length <= REASON_BYTES_MAX
                ? Promise.resolve()
                : Promise.reject(new Error(t('authority.reasonTooLong', { count: REASON_BYTES_MAX }))),
          },
        ]}
      >
        <Input autoFocus placeholder={t('authority.reasonExample')} />
      </Form.Item>
      <SignersNote party={signer} />
    </SigningDialog>
  );
}
