import type { ParsedReceipt, ParsedSide } from '@quorate/light-client';
import { hex } from '@quorate/crypto';
import {
  TRANSFER_FLAGS,
  bytesToUuid,
  formatId,
  genesisId,
  resultName,
  type ResultOperation,
  type ResultOrigin,
} from '@quorate/protocol';
import { Descriptions, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/formats';
import { CopyableId } from '../ui/copyable-id';
import { authorityRows } from './authority-rows';

/** An asset as far as showing an amount needs it. */
export interface KnownAsset {
  readonly code: string;
  readonly scale: number;
}

/** All fields of a receipt, in words. Amounts are in minor units where the asset is not known. */
export function ReceiptFields(props: { receipt: ParsedReceipt; assetOf: (id: number) => KnownAsset | undefined }) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const { receipt } = props;
  const result = resultName(receipt.record.code) ?? String(receipt.record.code);
  const applied = result === 'applied';
  const rows: [string, ReactNode][] = [
    [
      t('receipt.result'),
      <Tag key="result" color={applied ? 'success' : 'error'}>
        {i18n.exists(`result.${result}`) ? t(`result.${result}`) : result}
      </Tag>,
    ],
    [t('receipt.operation'), t(`operation.${receipt.operation.kind}`)],
    ...useOperationRows(receipt.operation, props.assetOf),
    [t('receipt.ledgerTime'), formats.ledgerTime(String(receipt.record.timestampNs))],
    [
      t('receipt.place'),
      t('receipt.placeValue', {
        height: formats.number(receipt.height),
        index: formats.number(receipt.record.index),
      }),
    ],
    ...useBalanceRows(receipt),
    ...originRows(receipt.record.origin, t),
    [t('receipt.block'), <CopyableId key="block" id={hex(receipt.blockId)} />],
    [t('receipt.header'), t('receipt.headerValue', { height: formats.number(receipt.header.height) })],
    [
      t('receipt.signers'),
      t('receipt.signersValue', {
        count: receipt.certificate.signers.length,
        total: receipt.genesis.replicas.length,
        list: receipt.certificate.signers.map((signer) => `#${signer}`).join(', '),
      }),
    ],
    [t('receipt.ledger'), <CopyableId key="ledger" id={bytesToUuid(receipt.genesis.ledgerId)} />],
    [t('overview.anchor'), <CopyableId key="genesis" id={hex(genesisId(receipt.genesis))} />],
  ];
  return (
    <Descriptions
      column={1}
      size="small"
      bordered
      items={rows.map(([label, children], index) => ({ key: index, label, children }))}
    />
  );
}

function originRows(origin: ResultOrigin | null, t: (key: string) => string): [string, ReactNode][] {
  if (origin === null) return [];
  return [
    [t('receipt.signedBy'), <CopyableId key="party" id={formatId(origin.party)} />],
    [t('receipt.envelope'), <CopyableId key="envelope" id={hex(origin.envelopeHash)} />],
  ];
}

/** What the result left behind in its accounts, in minor units; a side that is kept back is named as such. */
function useBalanceRows({ record, debit, credit }: ParsedReceipt): [string, ReactNode][] {
  const { t } = useTranslation();
  const after = (side: ParsedSide): string => {
    if (side?.kind !== 'open') return t('receipt.hidden');
    const { debitsPosted, creditsPosted, pending } = side.account;
    const posted = t('receipt.posted', { debits: debitsPosted.toString(), credits: creditsPosted.toString() });
    if (pending === null) return posted;
    return `${posted}; ${t('receipt.pending', { debits: pending.debits.toString(), credits: pending.credits.toString() })}`;
  };
  const rows: [string, ReactNode][] = [];
  if (credit !== null) rows.push([t('receipt.moved'), record.amount.toString()]);
  if (debit !== null) rows.push([t('receipt.debitAfter'), after(debit)]);
  if (credit !== null) rows.push([t('receipt.creditAfter'), after(credit)]);
  return rows;
}

function useOperationRows(
  operation: ResultOperation,
  assetOf: (id: number) => KnownAsset | undefined,
): [string, ReactNode][] {
  const { t } = useTranslation();
  const formats = useFormats();
  if (operation.kind === 'create_party') {
    return [
      [t('field.name'), operation.party.name],
      [
        t('party.threshold'),
        t('party.thresholdOf', { threshold: operation.party.threshold, count: operation.party.keys.length }),
      ],
    ];
  }
  if (operation.kind === 'create_asset') {
    return [
      [t('asset.code'), operation.asset.code],
      [t('asset.scale'), operation.asset.scale],
    ];
  }
  if (operation.kind === 'create_account') {
    return [
      [t('field.account'), <CopyableId key="account" id={formatId(operation.account.id)} />],
      [t('account.owner'), <CopyableId key="owner" id={formatId(operation.account.party)} />],
      [t('field.asset'), assetOf(operation.account.asset)?.code ?? operation.account.asset],
    ];
  }
  if (operation.kind === 'expiry')
    return [[t('transfer.id'), <CopyableId key="id" id={formatId(operation.pendingId)} />]];
  if (operation.kind !== 'create_transfer') return authorityRows(operation, t);
  const { transfer } = operation;
  const asset = assetOf(transfer.asset);
  const amount =
    asset === undefined
      ? t('receipt.minorUnits', { amount: transfer.amount.toString(), asset: transfer.asset })
      : `${formats.amount(transfer.amount, asset.scale)} ${asset.code}`;
  return [
    [t('field.amount'), <strong key="amount">{amount}</strong>],
    ...kindRow(transfer.flags, t),
    [t('transfer.id'), <CopyableId key="id" id={formatId(transfer.id)} />],
    [t('transfer.debit'), <CopyableId key="debit" id={formatId(transfer.debitAccount)} />],
    [t('transfer.credit'), <CopyableId key="credit" id={formatId(transfer.creditAccount)} />],
  ];
}

/** An applied transfer that is pending, a void or balancing must not look like a payment of its amount. */
function kindRow(flags: number, t: (key: string) => string): [string, ReactNode][] {
  const kinds: [flag: number, text: string][] = [
    [TRANSFER_FLAGS.pending, t('transfer.reservation')],
    [TRANSFER_FLAGS.postPendingTransfer, t('transfer.post')],
    [TRANSFER_FLAGS.voidPendingTransfer, t('transfer.release')],
    [TRANSFER_FLAGS.balancingDebit | TRANSFER_FLAGS.balancingCredit, t('transfer.balancing')],
  ];
  return kinds.filter(([flag]) => (flags & flag) !== 0).map(([, text]) => [t('transfer.kind'), text]);
}
