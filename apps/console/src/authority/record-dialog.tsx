import { useMutation } from '@tanstack/react-query';
import { Form, Input, InputNumber, Select, Upload } from 'antd';
import { InboxOutlined } from '@ant-design/icons';
import { hex, unhex } from '@quorate/crypto';
import { useTranslation } from 'react-i18next';
import { SigningDialog } from '../ledger/dialog';
import { useLedgerRows } from '../ledger/rows';
import { useSubmission } from '../ledger/submission';
import { recordPut } from './authority-operations';
import { SignersNote, useSigner } from './signers';

const REFERENCE_BYTES_MAX = 256;
const kindMax = 0xffff;

interface RecordForm {
  readonly party: string;
  readonly kind: number;
  readonly subject: string;
  readonly reference: string;
  readonly hash: string;
}

/** Puts the hash of a document on record. The document is hashed in this browser and goes nowhere. */
export function RecordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const rows = useLedgerRows();
  const [form] = Form.useForm<RecordForm>();
  const submission = useSubmission();
  const proposed = useSigner(rows.parties.filter(({ frozen }) => !frozen));
  const signer = rows.party(Form.useWatch('party', form) ?? proposed?.id ?? '');
  const hashing = useMutation({
    mutationFn: async (file: File) => {
      const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
      form.setFieldsValue({ hash: hex(new Uint8Array(digest)) });
      if ((form.getFieldValue('reference') ?? '') === '') form.setFieldsValue({ reference: file.name });
    },
  });
  const submit = ({ kind, subject, reference, hash }: RecordForm) => {
    if (signer === undefined) return;
    const operation = recordPut({ kind, subject: subject.padStart(32, '0'), hash: unhex(hash), reference });
    submission.mutate({ party: signer, operations: [operation] }, { onSuccess: onClose });
  };
  return (
    <SigningDialog
      title={t('authority.recordTitle')}
      lead={t('authority.recordLead')}
      okText={t('action.signAndSubmit')}
      form={form}
      initialValues={{ party: proposed?.id, kind: 1, subject: '', reference: '', hash: '' }}
      pending={submission.isPending || hashing.isPending}
      error={hashing.error ?? submission.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Form.Item>
        <Upload.Dragger showUploadList={false} beforeUpload={(file) => (hashing.mutate(file), false)}>
          <p>
            <InboxOutlined /> {t('authority.document')}
          </p>
        </Upload.Dragger>
      </Form.Item>
      <Form.Item
        name="hash"
        label={t('record.hash')}
        rules={[{ required: true, pattern: /^[0-9a-f]{64}$/, message: t('authority.hashRule') }]}
      >
        <Input className="identifier" maxLength={64} />
      </Form.Item>
      <Form.Item
        name="reference"
        label={t('record.reference')}
        rules={[
          {
            validator: (_, text: string) =>
              new TextEncoder().encode(text ?? '').length <= REFERENCE_BYTES_MAX
                ? Promise.resolve()
                : Promise.reject(new Error(t('authority.reasonTooLong', { count: REFERENCE_BYTES_MAX }))),
          },
        ]}
      >
        <Input />
      </Form.Item>
      <Form.Item
        name="subject"
        label={t('record.subject')}
        extra={t('authority.subjectHint')}
        rules={[{ required: true, pattern: /^[0-9a-f]{1,32}$/, message: t('authority.subjectRule') }]}
      >
        <Input className="identifier" maxLength={32} />
      </Form.Item>
      <Form.Item name="kind" label={t('record.kind')} extra={t('authority.kindHint')} rules={[{ required: true }]}>
        <InputNumber min={1} max={kindMax} precision={0} style={{ width: '100%' }} />
      </Form.Item>
      <Form.Item name="party" label={t('record.by')}>
        <Select options={rows.parties.map(({ id, name, frozen }) => ({ value: id, label: name, disabled: frozen }))} />
      </Form.Item>
      <SignersNote party={signer} />
    </SigningDialog>
  );
}
