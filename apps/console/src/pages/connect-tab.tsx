import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Card, Descriptions, Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { platformQuery } from '../api/queries';
import { useLedgerScope } from '../ledger/ledger-context';
import { CopyableId } from '../ui/copyable-id';
import { Snippet } from '../ui/snippet';

/** How to reach this ledger from outside of the console, with everything but the key filled in. */
export function ConnectTab() {
  const { t } = useTranslation();
  const { ledger, anchor } = useLedgerScope();
  const { data: platform } = useSuspenseQuery(platformQuery);
  const root = `${platform.gatewayUrl}/v1/ledgers/${ledger.id}`;
  const variables = [
    `export QUORATE_URL=${location.origin}`,
    `export QUORATE_LEDGER=${ledger.id}`,
    'export QUORATE_API_KEY=qk_…',
  ];
  const commandLine = [
    ...variables,
    '',
    'quorate ledger status',
    'quorate account list',
    'quorate transfer list --output json',
    'quorate payment import payments.xml --dry-run',
    'quorate receipt get <transfer> --file receipt.json',
    `quorate receipt verify receipt.json --genesis ${anchor ?? '<genesis>'}`,
  ];
  const curl = [
    'export QUORATE_API_KEY=qk_…',
    '',
    `curl -H "Authorization: Bearer $QUORATE_API_KEY" ${root}/status`,
    `curl -H "Authorization: Bearer $QUORATE_API_KEY" ${root}/accounts`,
    `curl -H "Authorization: Bearer $QUORATE_API_KEY" "${root}/transfers?limit=10"`,
    `curl -N -H "Authorization: Bearer $QUORATE_API_KEY" ${root}/stream`,
    `curl -H "Authorization: Bearer $QUORATE_API_KEY" -H "Content-Type: application/xml" \\`,
    `  --data-binary @payments.xml ${root}/payment-files`,
  ];
  const typeScript = [
    "import { createGatewayClient } from '@quorate/sdk';",
    '',
    `const gateway = createGatewayClient({ url: '${platform.gatewayUrl}', apiKey: process.env.QUORATE_API_KEY });`,
    `const { height } = await gateway.status('${ledger.id}');`,
    `for await (const transfer of gateway.transfers('${ledger.id}')) console.log(transfer.id, transfer.amountMinor);`,
  ];
  const tab = (key: string, label: string, lines: readonly string[]) => ({
    key,
    label,
    children: <Snippet text={lines.join('\n')} />,
  });
  return (
    <div className="stack">
      <Card
        size="small"
        title={t('connect.title')}
        extra={
          <Link to="/api-keys">
            <Button size="small">{t('connect.makeKey')}</Button>
          </Link>
        }
      >
        <p className="soft" style={{ marginTop: 0 }}>
          {t('connect.lead')}
        </p>
        <Tabs
          items={[
            tab('cli', t('connect.cli'), commandLine),
            tab('curl', 'curl', curl),
            tab('typescript', 'TypeScript', typeScript),
          ]}
        />
      </Card>
      <Card size="small" title={t('connect.addresses')}>
        <Descriptions
          column={1}
          size="small"
          className="identifier-wrap"
          items={[
            { key: 'ledger', label: t('receipt.ledger'), children: <CopyableId id={ledger.id} full /> },
            { key: 'gateway', label: t('connect.gateway'), children: <CopyableId id={platform.gatewayUrl} full /> },
            {
              key: 'control-plane',
              label: t('connect.controlPlane'),
              children: <CopyableId id={location.origin} full />,
            },
            { key: 'anchor', label: t('overview.anchor'), children: <CopyableId id={anchor ?? ''} full /> },
          ]}
        />
      </Card>
    </div>
  );
}
