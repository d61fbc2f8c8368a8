import { SafetyCertificateOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import type { AssetView } from '@quorate/sdk';
import { Alert, Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { useLedgerScope } from '../ledger/ledger-context';
import { useLedgerRows } from '../ledger/rows';
import { canSign } from '../keys/held-keys';
import { KeyAbsence, useSubmission } from '../ledger/submission';
import { downloadText } from '../receipt/download';
import { verify } from '../receipt/verification';
import { ProblemAlert } from '../ui/problem-alert';

/** Has an asset's supply put on the ledger, and verifies the receipt of that in this browser. */
export function SupplyProof({ asset }: { asset: AssetView }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" icon={<SafetyCertificateOutlined />} onClick={() => setOpen(true)}>
        {t('authority.prove')}
      </Button>
      {open && <SupplyProofDialog asset={asset} onClose={() => setOpen(false)} />}
    </>
  );
}

function SupplyProofDialog({ asset, onClose }: { asset: AssetView; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const proof = useSupplyProof(asset);
  const { data } = proof;
  const outcome = data?.verification.outcome;
  const isProven =
    outcome?.ok === true && outcome.operation.kind === 'attest_supply' && outcome.operation.asset === asset.id;
  return (
    <Modal
      open
      title={t('authority.proveTitle', { code: asset.code })}
      okText={t('authority.proveNow')}
      cancelText={t('action.cancel')}
      okButtonProps={{ disabled: data !== undefined }}
      confirmLoading={proof.isPending}
      onOk={() => proof.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <span className="soft">{t('authority.proveLead')}</span>
        {proof.error !== null && <ProblemAlert error={proof.error} />}
        {outcome !== undefined && isProven && (
          <Alert
            type="success"
            showIcon
            title={t('authority.supplyProven', {
              amount: `${formats.amount(outcome.amount, asset.scale)} ${asset.code}`,
            })}
            description={t('authority.supplyProvenDetail', {
              height: formats.number(outcome.height),
              signers: outcome.signers.length,
              count: outcome.replicaCount,
            })}
          />
        )}
        {outcome !== undefined && !isProven && (
          <Alert
            type="error"
            showIcon
            title={t('authority.supplyNotProven')}
            description={'detail' in outcome ? outcome.detail : ''}
          />
        )}
        {data !== undefined && (
          <Button
            onClick={() =>
              downloadText(`supply-${asset.code}.json`, 'application/json', JSON.stringify(data.receipt, null, 2))
            }
          >
            {t('authority.downloadReceipt')}
          </Button>
        )}
      </div>
    </Modal>
  );
}

function useSupplyProof(asset: AssetView) {
  const { ledger, anchor, gateway, keys } = useLedgerScope();
  const { parties } = useLedgerRows();
  const submission = useSubmission();
  return useMutation({
    mutationFn: async () => {
      // Whoever has a say on the ledger may ask for it.
      const party = parties.find((each) => !each.frozen && canSign(each, keys));
      if (party === undefined) throw new KeyAbsence();
      const operation = { kind: 'attest_supply', asset: asset.id } as const;
      const { height, firstIndex } = await submission.mutateAsync({ party, operations: [operation] });
      const receipt = await gateway.operationReceipt(ledger.id, height, firstIndex);
      return { receipt, verification: verify(receipt, anchor) };
    },
  });
}
