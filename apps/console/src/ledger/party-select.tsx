import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { PartyView } from '@quorate/sdk';
import { useLedgerScope } from './ledger-context';
import { canSign } from '../keys/held-keys';

/** Chooses a party; with `signing`, those whose keys are not in this browser are shown but cannot be chosen. */
export function PartySelect(props: {
  id?: string;
  value?: string;
  onChange?: (id: string) => void;
  parties: readonly PartyView[];
  signing?: boolean;
}) {
  const { t } = useTranslation();
  const { keys } = useLedgerScope();
  return (
    <Select
      id={props.id}
      value={props.value}
      onChange={props.onChange}
      showSearch={{ optionFilterProp: 'label' }}
      options={props.parties.map((party) => {
        const disabled = props.signing === true && !canSign(party, keys);
        return {
          value: party.id,
          label: disabled ? t('party.keyElsewhere', { name: party.name }) : party.name,
          disabled,
        };
      })}
    />
  );
}
