import { CheckCircleFilled } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Card, Skeleton } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CreateAssetDialog } from './create-asset-dialog';
import { useLedgerScope } from './ledger-context';
import { OpenAccountsDialog } from './open-accounts-dialog';
import { isIssuing, balanceMinor } from './operations';
import { useLedgerRows } from './rows';
import { TransferDialog } from './transfer-dialog';

const steps = ['asset', 'accounts', 'issue', 'transfer'] as const;
type Step = (typeof steps)[number];

/** What to do on a new ledger, one thing after the other, until the first transfer is final. */
export function NextSteps() {
  const { t } = useTranslation();
  const { ledger, queries } = useLedgerScope();
  const rows = useLedgerRows();
  const transfers = useInfiniteQuery(queries.transfers);
  const [open, setOpen] = useState<Step | null>(null);
  const made = transfers.data?.pages.flatMap(({ data }) => data) ?? [];
  const fromIssuing = (id: string) => rows.accounts.some((account) => account.id === id && isIssuing(account));
  const done: Readonly<Record<Step, boolean>> = {
    asset: rows.assets.length > 0,
    accounts: rows.accounts.filter((account) => !isIssuing(account)).length > 1 && rows.accounts.some(isIssuing),
    issue: rows.accounts.some((account) => isIssuing(account) && balanceMinor(account) < 0n),
    transfer: made.some(({ debitAccount }) => !fromIssuing(debitAccount)),
  };
  const next = steps.find((step) => !done[step]);
  const close = () => setOpen(null);
  if (rows.isPending || transfers.isPending) return <Skeleton active paragraph={{ rows: 4 }} />;
  if (rows.error !== null) return null;
  if (next === undefined) return made.length > newcomerTransfersMax ? null : <FirstTransferDone ledgerId={ledger.id} />;
  return (
    <Card size="small" title={t('next.title')}>
      {steps.map((step, index) => (
        <StepLine
          key={step}
          number={index + 1}
          done={done[step]}
          title={t(`next.${step}`)}
          detail={t(`next.${step}Detail`)}
        >
          {!done[step] && (
            <Button type={step === next ? 'primary' : 'default'} disabled={step !== next} onClick={() => setOpen(step)}>
              {t(`next.${step}Action`)}
            </Button>
          )}
        </StepLine>
      ))}
      {open === 'asset' && <CreateAssetDialog onClose={close} />}
      {open === 'accounts' && <OpenAccountsDialog onClose={close} />}
      {open === 'issue' && <TransferDialog purpose="issue" onClose={close} />}
      {open === 'transfer' && <TransferDialog purpose="transfer" onClose={close} />}
    </Card>
  );
}

/** With more transfers than this on the ledger nobody needs to be told where they are. */
const newcomerTransfersMax = 3;

function FirstTransferDone({ ledgerId }: { ledgerId: string }) {
  const { t } = useTranslation();
  return (
    <Alert
      type="success"
      showIcon
      title={t('next.done')}
      description={
        <Link to="/ledgers/$ledgerId/transfers" params={{ ledgerId }}>
          {t('next.receipts')}
        </Link>
      }
    />
  );
}

function StepLine(props: { number: number; done: boolean; title: string; detail: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="guide-step">
      {props.done ? (
        <CheckCircleFilled style={{ color: '#16a34a', fontSize: 22 }} aria-label={t('stepState.done')} />
      ) : (
        <span className="guide-number">{props.number}</span>
      )}
      <div>
        <strong>{props.title}</strong>
        <div className="soft">{props.detail}</div>
      </div>
      <div>{props.children}</div>
    </div>
  );
}
