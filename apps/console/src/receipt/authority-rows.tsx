import { hex } from '@quorate/crypto';
import { contradictionOf, formatId, PARTY_ROLES, type ResultOperation } from '@quorate/protocol';
import { Tag } from 'antd';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { CopyableId } from '../ui/copyable-id';

/** What a receipt shows of an operation that decides who may do what, or attests what there is. */
export function authorityRows(
  operation: Exclude<
    ResultOperation,
    { kind: 'create_party' | 'create_asset' | 'create_account' | 'create_transfer' | 'expiry' }
  >,
  t: TFunction,
): [string, ReactNode][] {
  const id = (value: bigint) => <CopyableId key={value.toString()} id={formatId(value)} />;
  switch (operation.kind) {
    case 'change_party': {
      const { party, threshold, keys } = operation.change;
      return [
        [t('field.party'), id(party)],
        [t('party.threshold'), t('party.thresholdOf', { threshold, count: keys.length })],
        [t('party.keys'), keys.map(({ bytes }) => <CopyableId key={hex(bytes)} id={hex(bytes)} />)],
      ];
    }
    case 'set_party_roles':
      return [
        [t('field.party'), id(operation.change.party)],
        [t('party.roles'), <RoleTags key="roles" roles={operation.change.roles} t={t} />],
      ];
    case 'put_mandate':
      return [
        [t('mandate.id'), id(operation.mandate.id)],
        [t('field.account'), id(operation.mandate.account)],
        [t('mandate.grantee'), id(operation.mandate.grantee)],
      ];
    case 'revoke_mandate':
      return [[t('mandate.id'), id(operation.mandate)]];
    case 'set_frozen':
      return [
        [t(operation.change.target === 'account' ? 'field.account' : 'field.party'), id(operation.change.id)],
        [t('freeze.state'), t(operation.change.frozen ? 'freeze.frozen' : 'freeze.lifted')],
        [t('freeze.reason'), operation.change.reason],
      ];
    case 'change_asset':
      return [
        [t('field.asset'), operation.change.asset],
        [t('asset.issuing'), t(`issuing.${operation.change.issuing}`)],
        [t('asset.transfers'), t(`transfers.${operation.change.transfers}`)],
      ];
    case 'put_record':
      return [
        [t('record.subject'), id(operation.record.subject)],
        [t('record.hash'), <CopyableId key="hash" id={hex(operation.record.hash)} />],
        [t('record.reference'), operation.record.reference],
      ];
    case 'attest_account':
      return [[t('field.account'), id(operation.account)]];
    case 'attest_supply':
      return [[t('field.asset'), operation.asset]];
    case 'evidence': {
      const { epoch, replica } = operation.evidence;
      return [
        [t('evidence.replica'), t('evidence.replicaOf', { replica, epoch })],
        [t('evidence.proof'), t(`evidence.${contradictionOf(operation.evidence) ?? 'none'}`)],
      ];
    }
  }
}

/** The roles of a set, one tag each. */
export function RoleTags({ roles, t }: { roles: number; t: TFunction }) {
  const held = Object.entries(PARTY_ROLES).filter(([, bit]) => (roles & bit) !== 0);
  return (
    <>
      {held.map(([role]) => (
        <Tag key={role} color={role === 'operator' ? 'processing' : undefined}>
          {t(`role.${role}`)}
        </Tag>
      ))}
    </>
  );
}
