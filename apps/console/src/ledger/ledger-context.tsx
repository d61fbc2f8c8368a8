import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import type { GatewayClient, Ledger } from '@quorate/sdk';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { gatewayAt } from '../api/clients';
import { follow, whileShown, type LiveState } from '../api/live';
import { ledgerDataKey, ledgerQueries, platformQuery, type LedgerQueries } from '../api/queries';
import { storedKeys, type StoredKey } from '../keys/key-store';
import { pinAnchor } from './anchors';

/** A block refreshes what is shown, but not more often than this. */
const refreshEveryMs = 700;

/** What every tab of a ledger's page works with. */
export interface LedgerScope {
  readonly ledger: Ledger;
  /** The genesis id this browser trusts for the ledger; null until the ledger is ready. */
  readonly anchor: string | null;
  readonly gateway: GatewayClient;
  readonly queries: LedgerQueries;
  readonly live: LiveState;
  readonly keys: readonly StoredKey[];
}

const LedgerContext = createContext<LedgerScope | null>(null);

/** The ledger whose page this is. */
export function useLedgerScope(): LedgerScope {
  const scope = useContext(LedgerContext);
  if (scope === null) throw new Error('outside of a ledger page');
  return scope;
}

/** The signing keys kept in this browser. */
export const storedKeysQuery = { queryKey: ['stored-keys'], queryFn: storedKeys, staleTime: Infinity } as const;

/** Gives the tabs their ledger and keeps what they show fresh: each new block is heard through the gateway's stream. */
export function LedgerScopeProvider({ ledger, children }: { ledger: Ledger; children: ReactNode }) {
  const { data: platform } = useSuspenseQuery(platformQuery);
  const keys = useQuery(storedKeysQuery);
  const gateway = gatewayAt(platform.gatewayUrl);
  const queries = useMemo(() => ledgerQueries(gateway, ledger.id), [gateway, ledger.id]);
  const live = useLiveBlocks(gateway, ledger.id, ledger.state === 'ready');
  const anchor = useMemo(
    () => (ledger.genesisId === null ? null : pinAnchor(ledger.id, ledger.genesisId)),
    [ledger.id, ledger.genesisId],
  );
  const scope = { ledger, anchor, gateway, queries, live, keys: keys.data ?? [] };
  return <LedgerContext value={scope}>{children}</LedgerContext>;
}

function useLiveBlocks(gateway: GatewayClient, ledgerId: string, enabled: boolean): LiveState {
  const queryClient = useQueryClient();
  const [live, setLive] = useState<LiveState>('listening');
  useEffect(() => {
    if (!enabled) return undefined;
    const abort = new AbortController();
    let refresh: ReturnType<typeof setTimeout> | undefined;
    const refreshSoon = () => {
      refresh ??= setTimeout(() => {
        refresh = undefined;
        void queryClient.invalidateQueries({ queryKey: ledgerDataKey(ledgerId) });
        void queryClient.invalidateQueries({ queryKey: ['ledger-status', ledgerId] });
      }, refreshEveryMs);
    };
    whileShown(abort.signal, (shown) => {
      void follow({
        open: (signal) => gateway.stream(ledgerId, { signal }),
        signal: shown,
        onEvent: refreshSoon,
        onState: (state) => {
          setLive(state);
          // Blocks that came while nobody listened are caught up with.
          if (state === 'listening') refreshSoon();
        },
      });
    });
    return () => {
      abort.abort();
      clearTimeout(refresh);
    };
  }, [gateway, ledgerId, enabled, queryClient]);
  return live;
}
