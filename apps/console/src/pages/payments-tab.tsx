import { FileTextOutlined } from '@ant-design/icons';
import { parsePaymentFile, planPaymentFile } from '@quorate/payments';
import { idFromHex, type PartyView } from '@quorate/sdk';
import { Alert, Button, Flex, Skeleton, Upload } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StoredKey } from '../keys/key-store';
import { useLedgerScope } from '../ledger/ledger-context';
import { operatorPartyId } from '../ledger/operations';
import { PartySelect } from '../ledger/party-select';
import { useLedgerRows } from '../ledger/rows';
import { canSign } from '../keys/held-keys';
import { countPayments } from '../payments/booking';
import { BookingPanel } from '../payments/booking-panel';
import { FileFaults } from '../payments/file-faults';
import { ProblemAlert } from '../ui/problem-alert';

/** The first party that this browser can sign for, else the first of all. */
const signableFirst = (parties: readonly PartyView[], keys: readonly StoredKey[]): PartyView | undefined =>
  parties.find((party) => canSign(party, keys)) ?? parties[0];

const fileBytesMax = 8 * 1024 * 1024;

interface ChosenFile {
  readonly name: string;
  readonly xml: string;
}

/** Books a pain.001 file: read, planned and signed here, so that what is signed is what the file says. */
export function PaymentsTab() {
  const { t } = useTranslation();
  const { anchor, keys } = useLedgerScope();
  const rows = useLedgerRows();
  const [file, setFile] = useState<ChosenFile | null>(null);
  const [acknowledged, setAcknowledged] = useState<number | undefined>();
  const [chosenParty, setChosenParty] = useState<string>();
  const [tooLarge, setTooLarge] = useState(false);
  const operator = rows.party(operatorPartyId);
  const party =
    rows.party(chosenParty ?? '') ?? signableFirst([...(operator ? [operator] : []), ...rows.parties], keys);
  const parsed = useMemo(
    () => (file === null ? null : parsePaymentFile(file.xml, { acceptTransactionCount: acknowledged })),
    [file, acknowledged],
  );
  // Planning again for each new block would be waste: only what the plan depends on counts.
  const assetsKey = rows.assets.map(({ id, code, scale }) => `${id} ${code} ${scale}`).join(',');
  const plan = useMemo(() => {
    if (parsed === null || !parsed.ok || anchor === null || party === undefined) return null;
    return planPaymentFile(parsed.file, { genesisId: anchor, party: idFromHex(party.id), assets: rows.assets });
  }, [parsed, anchor, party?.id, assetsKey]);
  const choose = (dropped: File) => {
    setTooLarge(dropped.size > fileBytesMax);
    if (dropped.size > fileBytesMax) return;
    void dropped.text().then((xml) => {
      setAcknowledged(undefined);
      setFile({ name: dropped.name, xml });
    });
  };
  if (rows.isPending) return <Skeleton active paragraph={{ rows: 6 }} />;
  if (rows.error !== null) return <ProblemAlert error={rows.error} onRetry={rows.refetch} />;
  const countIsAllThatIsWrong =
    parsed !== null && !parsed.ok && parsed.errors.every(({ isoCode }) => isoCode === 'AM19');
  return (
    <div className="stack">
      <span className="soft">{t('payments.lead')}</span>
      <Upload.Dragger
        accept=".xml,application/xml,text/xml"
        maxCount={1}
        showUploadList={false}
        beforeUpload={(dropped) => {
          choose(dropped);
          return false;
        }}
      >
        <Flex vertical gap={4} align="center" style={{ padding: '4px 0' }}>
          <FileTextOutlined style={{ fontSize: 28, color: 'var(--accent)' }} />
          <strong>{file === null ? t('payments.drop') : file.name}</strong>
          <span className="soft">{file === null ? t('payments.dropDetail') : t('payments.dropOther')}</span>
        </Flex>
      </Upload.Dragger>
      {tooLarge && <Alert type="error" showIcon title={t('payments.tooLarge')} />}
      {rows.parties.length > 1 && (
        <Flex gap={10} align="center" wrap>
          <label htmlFor="payments-party">{t('payments.party')}</label>
          <div style={{ minWidth: 240 }}>
            <PartySelect
              id="payments-party"
              value={party?.id}
              onChange={setChosenParty}
              parties={rows.parties}
              signing
            />
          </div>
        </Flex>
      )}
      {parsed !== null && !parsed.ok && (
        <FileFaults
          errors={parsed.errors}
          header={parsed.header}
          acknowledgeable={countIsAllThatIsWrong && file !== null ? countPayments(file.xml) : null}
          onAcknowledge={setAcknowledged}
        />
      )}
      {parsed !== null && parsed.ok && plan !== null && party !== undefined && (
        <BookingPanel
          key={`${parsed.file.messageId} ${parsed.file.initiatingParty} ${party.id}`}
          booking={{ file: parsed.file, plan, party }}
        />
      )}
      {file !== null && (
        <div>
          <Button type="text" onClick={() => setFile(null)}>
            {t('payments.clear')}
          </Button>
        </div>
      )}
    </div>
  );
}
