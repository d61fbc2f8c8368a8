import type { MandateView } from '@quorate/sdk';
import { Button, Form } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { idFromHex } from '@quorate/sdk';
import { SigningDialog } from '../ledger/dialog';
import { useLedgerRows } from '../ledger/rows';
import { useSubmission } from '../ledger/submission';
import { SignersNote, useSigner } from './signers';

/** Ends a mandate for good; the owner of the account signs, or the party that has it. */
export function RevokeMandateButton({ mandate, owner }: { mandate: MandateView; owner: string }) {
  const { t } = useTranslation();
  const { parties } = useLedgerRows();
  const [open, setOpen] = useState(false);
  const [form] = Form.useForm<object>();
  const submission = useSubmission();
  const signer = useSigner(parties.filter(({ id }) => id === owner || id === mandate.grantee));
  if (mandate.revoked) return null;
  const submit = () => {
    if (signer === undefined) return;
    const operation = { kind: 'revoke_mandate', mandate: idFromHex(mandate.id) } as const;
    submission.mutate({ party: signer, operations: [operation] }, { onSuccess: () => setOpen(false) });
  };
  return (
    <>
      <Button size="small" danger onClick={() => setOpen(true)}>
        {t('authority.revoke')}
      </Button>
      {open && (
        <SigningDialog
          title={t('authority.revokeTitle')}
          lead={t('authority.revokeLead')}
          okText={t('action.signAndSubmit')}
          form={form}
          initialValues={{}}
          pending={submission.isPending}
          error={submission.error}
          onSubmit={submit}
          onClose={() => setOpen(false)}
        >
          <SignersNote party={signer} />
        </SigningDialog>
      )}
    </>
  );
}
