import type { PartyView } from '@quorate/sdk';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLedgerScope } from '../ledger/ledger-context';
import { canSign, heldKeys } from '../keys/held-keys';

/** The operators that may change the keys of a party or freeze: those that are not frozen themselves. */
export function operatorsOf(parties: readonly PartyView[]): readonly PartyView[] {
  return parties.filter(({ roles, frozen }) => roles.includes('operator') && !frozen);
}

/** The party that signs: the first of the candidates for which this browser can, else the first. */
export function useSigner(candidates: readonly PartyView[]): PartyView | undefined {
  const { keys } = useLedgerScope();
  return candidates.find((party) => canSign(party, keys)) ?? candidates[0];
}

/** Who signs, how many of its keys that takes, and how many of them are in this browser. */
export function SignersNote({ party }: { party: PartyView | undefined }) {
  const { t } = useTranslation();
  const { keys } = useLedgerScope();
  if (party === undefined) return <Alert type="warning" showIcon title={t('authority.nobodySigns')} />;
  const here = heldKeys(party, keys).length;
  const facts = { name: party.name, threshold: party.threshold, count: party.keys.length, here };
  return (
    <Alert
      type={here >= party.threshold ? 'info' : 'warning'}
      showIcon
      title={t('authority.signedBy', facts)}
      description={t('authority.keysHere', facts)}
    />
  );
}
