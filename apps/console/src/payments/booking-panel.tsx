import { outcomeOf, statusReport } from '@quorate/payments';
import { ProblemError } from '@quorate/sdk';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Alert, Button, Card, Descriptions, Flex, Progress } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { useLedgerScope } from '../ledger/ledger-context';
import { isIssuing } from '../ledger/operations';
import { useLedgerRows } from '../ledger/rows';
import { downloadText } from '../receipt/download';
import { ProblemAlert } from '../ui/problem-alert';
import { bookable, prepare, totalsByCurrency } from './booking';
import { PaymentLines } from './payment-lines';
import { reportIdentity } from './report';
import { useBooking, type Booking } from './use-booking';

const route = getRouteApi('/signed-in/ledgers/$ledgerId');

/** A sound file: what it says, what is missing for it, and its booking line by line. */
export function BookingPanel({ booking }: { booking: Booking }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { ledgerId } = route.useParams();
  const rows = useLedgerRows();
  const preparation = prepare(booking.plan, rows.accounts);
  const acts = useBooking(booking, preparation);
  const lines = bookable(booking.plan.lines);
  const results = acts.results;
  const complete = lines.length > 0 && lines.every(({ position }) => results.has(position));
  const seenBefore = useSeenBefore(booking);
  // What is on the ledger already needs no cover: submitting it again only brings its result back.
  const ready = complete || seenBefore || (preparation.absent.length === 0 && preparation.shortfalls.length === 0);
  const download = () => {
    const outcomes = booking.plan.lines.map((line) => outcomeOf(line, results.get(line.position) ?? null));
    const report = statusReport(booking.file, outcomes, reportIdentity());
    downloadText(`pain.002-${booking.file.messageId}.xml`, 'application/xml', report);
  };
  const openReceipt = (receipt: string) =>
    void navigate({ to: '/ledgers/$ledgerId/payments', params: { ledgerId }, search: { receipt } });
  return (
    <div className="stack">
      <FileSummary booking={booking} />
      {seenBefore && !complete && (
        <Alert type="info" showIcon title={t('payments.seenBefore')} description={t('payments.seenBeforeDetail')} />
      )}
      {!complete && !seenBefore && lines.length > 0 && (
        <Preparations booking={booking} preparation={preparation} acts={acts} />
      )}
      <Flex gap={8} wrap align="center">
        <Button
          type={complete ? 'default' : 'primary'}
          disabled={lines.length === 0 || !ready}
          loading={acts.book.isPending}
          onClick={() => acts.book.mutate()}
        >
          {t(complete ? 'payments.submitAgain' : 'payments.submit', { count: lines.length })}
        </Button>
        <Button onClick={download}>{t('payments.report')}</Button>
        {acts.book.isPending && (
          <Progress
            style={{ width: 220 }}
            percent={Math.round((acts.submitted / lines.length) * 100)}
            aria-label={t('payments.progress')}
          />
        )}
      </Flex>
      {acts.book.error !== null && <ProblemAlert error={acts.book.error} onRetry={() => acts.book.mutate()} />}
      {complete && (
        <Alert type="success" showIcon title={t('payments.complete')} description={t('payments.completeDetail')} />
      )}
      <PaymentLines lines={booking.plan.lines} results={results} onReceipt={openReceipt} />
    </div>
  );
}

/** Whether the ledger has a transfer of this message: its id is fixed by sender, message and position. */
function useSeenBefore({ plan }: Booking): boolean {
  const { ledger, gateway } = useLedgerScope();
  const first = bookable(plan.lines)[0]?.transfer;
  const known = useQuery({
    queryKey: ['payment-seen', ledger.id, String(first?.id)],
    queryFn: ({ signal }) =>
      gateway.transfer(ledger.id, first?.id ?? 0n, { signal }).then(
        () => true,
        (thrown: unknown) => {
          if (thrown instanceof ProblemError && thrown.status === 404) return false;
          throw thrown;
        },
      ),
    enabled: first !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  return known.data ?? false;
}

function FileSummary({ booking: { file, plan } }: { booking: Booking }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const rejected = plan.lines.filter(({ rejection }) => rejection !== undefined).length;
  const sums = totalsByCurrency(plan.lines).map(([currency, amountMinor]) => {
    const asset = rows.assets.find(({ code }) => code === currency);
    return `${formats.amount(amountMinor, asset?.scale ?? 0)} ${currency}`;
  });
  const items: [string, ReactNode][] = [
    [t('payments.messageId'), file.messageId],
    [t('payments.initiator'), file.initiatingParty],
    [t('payments.dialect'), file.dialect],
    [t('payments.count'), t('payments.countValue', { count: file.paymentCount, rejected })],
    [t('payments.sum'), sums.length === 0 ? '—' : sums.join(', ')],
  ];
  return (
    <Card size="small" title={t('payments.file')}>
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2, xl: 3 }}
        items={items.map(([label, children]) => ({ key: label, label, children }))}
      />
    </Card>
  );
}

function Preparations(props: {
  booking: Booking;
  preparation: ReturnType<typeof prepare>;
  acts: ReturnType<typeof useBooking>;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  const { preparation, acts } = props;
  const { absent, shortfalls } = preparation;
  if (absent.length > 0) {
    return (
      <Card
        size="small"
        title={t('payments.absentTitle', { count: absent.length })}
        extra={
          <Button size="small" loading={acts.openAccounts.isPending} onClick={() => acts.openAccounts.mutate()}>
            {t('payments.openAccounts', { count: absent.length })}
          </Button>
        }
      >
        <ul className="plain-list">
          {absent.slice(0, absentShownMax).map(({ account, reference, name, currency }) => (
            <li key={String(account.id)}>
              {name} · <span className="identifier">{reference.value}</span> · {currency}
            </li>
          ))}
        </ul>
        {absent.length > absentShownMax && (
          <span className="soft">{t('payments.absentMore', { count: absent.length - absentShownMax })}</span>
        )}
        {acts.openAccounts.error !== null && <ProblemAlert error={acts.openAccounts.error} />}
      </Card>
    );
  }
  if (shortfalls.length === 0) return null;
  const lackingIssuing = shortfalls.find(
    ({ planned }) => !rows.accounts.some((account) => isIssuing(account) && account.asset === planned.account.asset),
  );
  const act = lackingIssuing === undefined ? acts.cover : acts.openIssuing;
  return (
    <Card
      size="small"
      title={t('payments.coverTitle')}
      extra={
        <Button
          size="small"
          loading={act.isPending}
          onClick={() =>
            lackingIssuing === undefined
              ? acts.cover.mutate()
              : acts.openIssuing.mutate(lackingIssuing.planned.account.asset)
          }
        >
          {t(lackingIssuing === undefined ? 'payments.coverIssue' : 'payments.coverOpenIssuing')}
        </Button>
      }
    >
      <ul className="plain-list">
        {shortfalls.map(({ planned, missingMinor }) => (
          <li key={String(planned.account.id)}>
            {t('payments.coverLine', {
              name: planned.name,
              amount: `${formats.amount(missingMinor, rows.asset(planned.account.asset)?.scale ?? 0)} ${planned.currency}`,
            })}
          </li>
        ))}
      </ul>
      <span className="soft">{t('payments.coverDetail')}</span>
      {act.error !== null && <ProblemAlert error={act.error} />}
    </Card>
  );
}

/** Accounts to open that are listed by name; the rest is told as a number. */
const absentShownMax = 20;
