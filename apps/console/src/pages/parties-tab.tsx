import { KeyOutlined, PlusOutlined } from '@ant-design/icons';
import type { PartyView } from '@quorate/sdk';
import { Button, Flex, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { FreezeDialog } from '../authority/freeze-dialog';
import { KeysDialog } from '../authority/keys-dialog';
import { CreatePartyDialog } from '../ledger/create-party-dialog';
import { useLedgerScope } from '../ledger/ledger-context';
import { FrozenTag } from '../ledger/frozen-tag';
import { useLedgerRows } from '../ledger/rows';
import { canSign } from '../keys/held-keys';
import { CopyableId } from '../ui/copyable-id';
import { RowsTable } from '../ui/rows-table';

/** The legal entities recorded on the ledger. */
export function PartiesTab() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { keys } = useLedgerScope();
  const rows = useLedgerRows();
  const [creating, setCreating] = useState(false);
  const [acting, setActing] = useState<{ readonly what: 'keys' | 'freeze'; readonly party: PartyView } | null>(null);
  const close = () => setActing(null);
  return (
    <div className="stack">
      <Flex justify="space-between" gap={12} wrap align="center">
        <span className="soft">{t('party.lead')}</span>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
          {t('party.create')}
        </Button>
      </Flex>
      <RowsTable<PartyView>
        rows={rows.parties}
        rowKey="id"
        pending={rows.isPending}
        error={rows.error}
        onRetry={rows.refetch}
        empty={t('party.empty')}
        columns={[
          {
            title: t('field.name'),
            render: (_, party) => (
              <Flex vertical gap={4} align="flex-start">
                <strong>{party.name}</strong>
                <span>
                  {party.roles.map((role) => (
                    <Tag key={role} color={role === 'operator' ? 'processing' : undefined}>
                      {t(`role.${role}`)}
                    </Tag>
                  ))}
                </span>
                {party.frozen && <FrozenTag reason={rows.freezeReason('party', party.id)} />}
              </Flex>
            ),
          },
          { title: t('field.id'), render: (_, { id }) => <CopyableId id={id} /> },
          {
            title: t('party.keys'),
            render: (_, party) => (
              <Flex vertical gap={2}>
                {party.keys.map(({ scheme, publicKey, validUntilNs }) => (
                  <Flex key={publicKey} gap={8} align="center">
                    <Tag>{scheme === 'p256' ? 'P-256' : 'Ed25519'}</Tag>
                    <CopyableId id={publicKey} />
                    {validUntilNs !== null && (
                      <span className="soft">{t('party.validUntil', { time: formats.ledgerTime(validUntilNs) })}</span>
                    )}
                    {keys.some((key) => key.publicKey === publicKey) && (
                      <KeyOutlined aria-label={t('party.keyHere')} title={t('party.keyHere')} />
                    )}
                  </Flex>
                ))}
              </Flex>
            ),
          },
          {
            title: t('party.threshold'),
            render: (_, party) => (
              <Flex vertical>
                {t('party.thresholdOf', { threshold: party.threshold, count: party.keys.length })}
                <span className="soft">{t(canSign(party, keys) ? 'party.signHere' : 'party.signElsewhere')}</span>
              </Flex>
            ),
          },
          { title: t('field.created'), render: (_, { timestampNs }) => formats.ledgerTime(timestampNs) },
          {
            title: t('authority.actions'),
            render: (_, party) => (
              <Flex vertical gap={4} align="flex-start">
                <Button size="small" onClick={() => setActing({ what: 'keys', party })}>
                  {t('authority.changeKeys')}
                </Button>
                <Button size="small" danger={!party.frozen} onClick={() => setActing({ what: 'freeze', party })}>
                  {t(party.frozen ? 'authority.lift' : 'authority.freeze')}
                </Button>
              </Flex>
            ),
          },
        ]}
      />
      {acting?.what === 'keys' && <KeysDialog party={acting.party} onClose={close} />}
      {acting?.what === 'freeze' && (
        <FreezeDialog
          target={{ target: 'party', id: acting.party.id }}
          name={acting.party.name}
          frozen={acting.party.frozen}
          onClose={close}
        />
      )}
      {creating && <CreatePartyDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
