import { refusalReport, type PaymentFileError, type PaymentFileHeader } from '@quorate/payments';
import { Alert, Button, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { downloadText } from '../receipt/download';
import { reportIdentity } from './report';

/** Why a file is refused as a whole, place by place; a wrong count alone can be acknowledged. */
export function FileFaults(props: {
  errors: readonly PaymentFileError[];
  header: PaymentFileHeader | null;
  /** How many payments the file really holds, when that is all there is to say about it. */
  acknowledgeable: number | null;
  onAcknowledge: (count: number) => void;
}) {
  const { t } = useTranslation();
  const { errors, header, acknowledgeable } = props;
  return (
    <div className="stack">
      {acknowledgeable !== null && header !== null ? (
        <Alert
          type="warning"
          showIcon
          title={t('payments.countTitle', { stated: header.statedCount, count: acknowledgeable })}
          description={t('payments.countDetail')}
          action={
            <Button onClick={() => props.onAcknowledge(acknowledgeable)}>
              {t('payments.countAccept', { count: acknowledgeable })}
            </Button>
          }
        />
      ) : (
        <Alert type="error" showIcon title={t('payments.refused')} description={t('payments.refusedDetail')} />
      )}
      <div className="table-scroll">
        <Table<PaymentFileError>
          rowKey={({ code, line, path }) => `${code} ${line} ${path}`}
          size="small"
          dataSource={[...errors]}
          pagination={errors.length > 20 ? { pageSize: 20 } : false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('payments.line'), dataIndex: 'line', className: 'number' },
            { title: t('payments.reason'), render: (_, { isoCode, code }) => `${isoCode} · ${code}` },
            { title: t('payments.detail'), render: (_, { detail }) => <div className="wide-text">{detail}</div> },
            { title: t('payments.path'), render: (_, { path }) => <code className="wide-text">{path}</code> },
          ]}
        />
      </div>
      {header !== null && (
        <div>
          <Button
            onClick={() =>
              downloadText(
                `pain.002-${header.messageId}.xml`,
                'application/xml',
                refusalReport(header, errors, reportIdentity()),
              )
            }
          >
            {t('payments.report')}
          </Button>
        </div>
      )}
    </div>
  );
}
