import type { PaymentLine } from '@quorate/payments';
import { formatId } from '@quorate/protocol';
import { Button, Flex, Table, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { useLedgerRows } from '../ledger/rows';
import type { LineResults } from './booking';

/** Every payment of a file with what becomes of it. */
export function PaymentLines(props: {
  lines: readonly PaymentLine[];
  results: LineResults;
  onReceipt: (transferId: string) => void;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = useLedgerRows();
  // As everywhere in the console where the ledger knows the scale; as the file has it where it does not.
  const amountOf = ({ amountText, currency, transfer }: PaymentLine) => {
    const asset = transfer === undefined ? undefined : rows.asset(transfer.asset);
    return `${transfer === undefined || asset === undefined ? amountText : formats.amount(transfer.amount, asset.scale)} ${currency}`;
  };
  return (
    <div className="table-scroll">
      <Table<PaymentLine>
        rowKey="position"
        size="small"
        dataSource={[...props.lines]}
        pagination={props.lines.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
        scroll={{ x: 'max-content' }}
        columns={[
          { title: '#', dataIndex: 'position', className: 'number' },
          { title: t('payments.endToEndId'), dataIndex: 'endToEndId' },
          {
            title: t('payments.creditor'),
            render: (_, line) => (
              <Flex vertical>
                <span>{line.creditorName}</span>
                <span className="identifier soft">{line.creditorAccount?.value ?? '—'}</span>
              </Flex>
            ),
          },
          {
            title: t('field.amount'),
            align: 'right',
            className: 'amount',
            render: (_, line) => amountOf(line),
          },
          {
            title: t('field.state'),
            render: (_, line) => <LineState line={line} result={props.results.get(line.position)} />,
          },
          { title: t('payments.line'), dataIndex: 'line', className: 'number' },
          {
            title: t('receipt.title'),
            fixed: props.results.size > 0 ? 'right' : undefined,
            render: (_, { position, transfer }) =>
              transfer === undefined || !props.results.has(position) ? null : (
                <Button size="small" onClick={() => props.onReceipt(formatId(transfer.id))}>
                  {t('receipt.title')}
                </Button>
              ),
          },
        ]}
      />
    </div>
  );
}

function LineState({ line, result }: { line: PaymentLine; result: string | undefined }) {
  const { t, i18n } = useTranslation();
  if (line.rejection !== undefined) {
    const key = `isoReason.${line.rejection.code}`;
    return (
      <div className="wide-text">
        <Tag color="error" style={{ marginInlineEnd: 8 }}>
          {t('payments.rejected', { code: line.rejection.code })}
        </Tag>
        <span className="soft">{i18n.exists(key) ? t(key) : line.rejection.detail}</span>
      </div>
    );
  }
  if (result === undefined) return <Tag>{t('payments.planned')}</Tag>;
  if (result === 'applied') return <Tag color="success">{t('payments.booked')}</Tag>;
  if (result === 'exists') return <Tag color="processing">{t('payments.bookedBefore')}</Tag>;
  const key = `result.${result}`;
  return <Tag color="error">{i18n.exists(key) ? t(key) : result}</Tag>;
}
