import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled, MinusCircleOutlined } from '@ant-design/icons';
import type { ParsedReceipt, ProvenOutcome, ReceiptRefusal } from '@quorate/light-client';
import { Alert, Flex } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { proofLinks, proofStates, type ProofState } from './proof-steps';

/** The result of a verification: the verdict, then every link of the proof. */
export function ProofView(props: {
  outcome: ProvenOutcome | ReceiptRefusal;
  receipt: ParsedReceipt | null;
  anchor: string | null;
  durationMs: number;
}) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const { outcome, receipt, anchor } = props;
  const states = proofStates(outcome, anchor !== null);
  const facts = {
    height: receipt === null ? '' : formats.number(receipt.height),
    index: receipt === null ? '' : formats.number(receipt.record.index),
    operations: receipt === null ? '' : formats.number(receipt.resultCount),
    certified: receipt === null ? '' : formats.number(receipt.header.height),
    signers: receipt?.certificate.signers.map((signer) => `#${signer}`).join(', ') ?? '',
    signerCount: receipt?.certificate.signers.length ?? 0,
    replicas: receipt?.genesis.replicas.length ?? 0,
  };
  const refusalKey = outcome.ok ? '' : `problem.${outcome.code}`;
  return (
    <div className="stack" data-testid="proof">
      {outcome.ok ? (
        <Alert
          type={anchor === null ? 'warning' : 'success'}
          showIcon
          title={t(anchor === null ? 'proof.validUnanchored' : 'proof.valid')}
          description={t('proof.offline', { duration: formats.duration(props.durationMs) })}
        />
      ) : (
        <Alert
          type="error"
          showIcon
          title={t('proof.invalid')}
          description={`${i18n.exists(refusalKey) ? t(refusalKey) : outcome.detail} (${outcome.code})`}
        />
      )}
      <ol className="proof">
        {proofLinks.map((link) => (
          <li key={link}>
            <ProofIcon state={states[link]} />
            <Flex vertical>
              <strong>{t(`proof.${link}`)}</strong>
              <span className="soft">{t(`proof.${link}_${states[link]}`, facts)}</span>
            </Flex>
          </li>
        ))}
      </ol>
    </div>
  );
}

function ProofIcon({ state }: { state: ProofState }) {
  const { t } = useTranslation();
  const label = t(`proofState.${state}`);
  if (state === 'proved') return <CheckCircleFilled style={{ color: '#16a34a' }} aria-label={label} />;
  if (state === 'broken') return <CloseCircleFilled style={{ color: '#dc2626' }} aria-label={label} />;
  if (state === 'open') return <ExclamationCircleFilled style={{ color: '#d97706' }} aria-label={label} />;
  return <MinusCircleOutlined style={{ color: 'var(--ink-soft)' }} aria-label={label} />;
}
