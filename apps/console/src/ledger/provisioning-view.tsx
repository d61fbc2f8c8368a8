import { CheckCircleFilled, CloseCircleFilled, LoadingOutlined, MinusCircleOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Ledger, LedgerStep } from '@quorate/sdk';
import { Alert, Card, Flex, Skeleton, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { follow, whileShown, type LiveState } from '../api/live';
import { ledgerQuery, stepsQuery } from '../api/queries';
import { RestoreFacts } from '../backup/restore-facts';
import { useFormats } from '../i18n/formats';
import { useNowMs } from '../ui/now';
import { foldSteps, mergeStep, type StepLine } from './provisioning';
import { RetiredView } from './retired-view';

/** Often enough that the clock is seen to run. */
const clockEveryMs = 200;

/** What happens while a ledger comes to be, live: every step, where it runs, how long it takes and why it failed. */
export function ProvisioningView({ ledger }: { ledger: Ledger }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const live = useProvisioningEvents(ledger.id);
  const running = ledger.state === 'provisioning' || ledger.state === 'retiring';
  const nowMs = useNowMs(running ? clockEveryMs : null);
  const elapsedMs = Math.max(0, nowMs - Date.parse(ledger.createdAt));
  return (
    <div className="stack">
      {ledger.state === 'failed' && (
        <Alert
          type="error"
          showIcon
          title={t('provisioning.failed')}
          description={ledger.cause ? `${ledger.cause.detail} (${ledger.cause.code})` : undefined}
        />
      )}
      {ledger.state === 'retired' && <RetiredView ledger={ledger} />}
      {ledger.state === 'retiring' && <Alert type="warning" showIcon title={t('provisioning.retiring')} />}
      {ledger.state === 'provisioning' && (
        <Flex align="baseline" gap={12} wrap>
          <span className="big-clock" role="timer">
            {formats.duration(elapsedMs)}
          </span>
          <span className="soft">{t('provisioning.running', { count: ledger.replicas.length })}</span>
          {live === 'lost' && <Tag color="warning">{t('live.lost')}</Tag>}
        </Flex>
      )}
      {ledger.parent !== null && <RestoreFacts parent={ledger.parent} />}
      <Card title={t('provisioning.steps')} size="small">
        <ProvisioningSteps ledger={ledger} />
      </Card>
    </div>
  );
}

/** The steps of a ledger's provisioning, each on one line. */
export function ProvisioningSteps({ ledger }: { ledger: Ledger }) {
  const { t } = useTranslation();
  const steps = useQuery(stepsQuery(ledger.id));
  const lines = foldSteps(steps.data ?? []);
  // Once a ledger has settled nothing is under way, whatever was begun.
  const settled = ledger.state !== 'provisioning' && ledger.state !== 'retiring';
  const nowMs = useNowMs(!settled && lines.some(({ state }) => state === 'started') ? clockEveryMs : null);
  if (steps.isPending) return <Skeleton active title={false} paragraph={{ rows: 6 }} />;
  if (lines.length === 0) return <span className="soft">{t('provisioning.none')}</span>;
  return (
    <div aria-live="polite">
      {lines.map((line) => (
        <StepRow key={line.key} line={line} nowMs={settled ? null : nowMs} />
      ))}
    </div>
  );
}

function StepRow({ line, nowMs }: { line: StepLine; nowMs: number | null }) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const key = `step.${line.step}`;
  const running = line.state === 'started' && nowMs !== null;
  const elapsedMs = running ? Math.max(0, nowMs - Date.parse(line.startedAt)) : line.elapsedMs;
  return (
    <div className="step-line">
      <StepIcon state={line.state} running={running} />
      <div className="step-line-name">
        {i18n.exists(key) ? t(key) : line.step}
        {line.replicaIndex !== null && (
          <span className="soft"> · {t('replica.named', { index: line.replicaIndex })}</span>
        )}
        {line.workerName !== null && <span className="soft"> · {line.workerName}</span>}
        {line.attempts > 1 && (
          <Tag style={{ marginInlineStart: 8 }}>{t('provisioning.attempt', { count: line.attempts })}</Tag>
        )}
        {line.cause !== null && (
          <div className="soft">
            {line.cause.detail} ({line.cause.code})
          </div>
        )}
      </div>
      <span className="number soft">{elapsedMs === null ? '' : formats.duration(elapsedMs)}</span>
    </div>
  );
}

function StepIcon({ state, running }: { state: StepLine['state']; running: boolean }) {
  const { t } = useTranslation();
  const label = t(`stepState.${state}`);
  if (state === 'done') return <CheckCircleFilled style={{ color: '#16a34a' }} aria-label={label} />;
  if (state === 'failed') return <CloseCircleFilled style={{ color: '#dc2626' }} aria-label={label} />;
  if (!running) return <MinusCircleOutlined style={{ color: 'var(--ink-soft)' }} aria-label={t('stepState.begun')} />;
  return <LoadingOutlined style={{ color: 'var(--accent)' }} aria-label={label} />;
}

function useProvisioningEvents(ledgerId: string): LiveState {
  const queryClient = useQueryClient();
  const [live, setLive] = useState<LiveState>('listening');
  useEffect(() => {
    const abort = new AbortController();
    whileShown(abort.signal, (shown) => {
      void follow({
        open: (signal) => controlPlane.events(ledgerId, { signal }),
        signal: shown,
        onState: (state) => {
          setLive(state);
          // Steps reported while nobody listened are read again.
          if (state === 'listening') void queryClient.invalidateQueries(stepsQuery(ledgerId));
        },
        onEvent: (event) => {
          if (event.event === 'ledger') {
            queryClient.setQueryData(ledgerQuery(ledgerId).queryKey, event.ledger);
            void queryClient.invalidateQueries(stepsQuery(ledgerId));
            return;
          }
          queryClient.setQueryData<readonly LedgerStep[]>(stepsQuery(ledgerId).queryKey, (known) =>
            mergeStep(known ?? [], event.step),
          );
        },
      });
    });
    return () => abort.abort();
  }, [ledgerId, queryClient]);
  return live;
}
