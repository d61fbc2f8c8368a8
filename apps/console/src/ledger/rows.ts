import { useQuery } from '@tanstack/react-query';
import type { AccountView, AssetView, PartyView } from '@quorate/sdk';
import { useLedgerScope } from './ledger-context';

/** What is on the page's ledger, with look-ups between the lists. */
export interface LedgerRows {
  readonly parties: readonly PartyView[];
  readonly assets: readonly AssetView[];
  readonly accounts: readonly AccountView[];
  readonly party: (id: string) => PartyView | undefined;
  readonly asset: (id: number) => AssetView | undefined;
  readonly account: (id: string) => AccountView | undefined;
  /** Why it is frozen; undefined while that is not known, or it is not. */
  readonly freezeReason: (target: 'account' | 'party', id: string) => string | undefined;
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly refetch: () => void;
}

/** Parties, assets and accounts of the page's ledger. */
export function useLedgerRows(): LedgerRows {
  const { queries } = useLedgerScope();
  const parties = useQuery(queries.parties);
  const assets = useQuery(queries.assets);
  const accounts = useQuery(queries.accounts);
  const freezes = useQuery(queries.freezes);
  const all = [parties, assets, accounts];
  return {
    parties: parties.data ?? [],
    assets: assets.data ?? [],
    accounts: accounts.data ?? [],
    party: (id) => parties.data?.find((candidate) => candidate.id === id),
    asset: (id) => assets.data?.find((candidate) => candidate.id === id),
    account: (id) => accounts.data?.find((candidate) => candidate.id === id),
    freezeReason: (target, id) =>
      freezes.data?.find((freeze) => freeze.target === target && freeze.id === id)?.frozen.reason,
    isPending: all.some(({ isPending }) => isPending),
    error: all.find(({ error }) => error !== null)?.error ?? null,
    refetch: () => all.forEach((query) => void query.refetch()),
  };
}
