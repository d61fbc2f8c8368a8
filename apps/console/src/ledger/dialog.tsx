import { Form, Modal, type FormInstance } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../ui/problem-alert';

/** A dialog around one form whose submission is signed and sent to the ledger. */
export function SigningDialog<T extends object>(props: {
  title: string;
  lead?: ReactNode;
  okText: string;
  form: FormInstance<T>;
  initialValues: Partial<T>;
  pending: boolean;
  error: unknown;
  onSubmit: (values: T) => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={props.title}
      okText={props.okText}
      cancelText={t('action.cancel')}
      okButtonProps={{ htmlType: 'submit', form: 'signing-form' }}
      confirmLoading={props.pending}
      mask={{ closable: !props.pending }}
      onCancel={props.onClose}
    >
      {props.lead !== undefined && <p className="soft">{props.lead}</p>}
      <Form<T>
        id="signing-form"
        form={props.form}
        layout="vertical"
        requiredMark={false}
        disabled={props.pending}
        initialValues={props.initialValues}
        onFinish={props.onSubmit}
      >
        {props.children}
      </Form>
      {props.error !== null && props.error !== undefined && <ProblemAlert error={props.error} />}
    </Modal>
  );
}
