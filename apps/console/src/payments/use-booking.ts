import type { PaymentFile, PaymentPlan } from '@quorate/payments';
import { formatId, type Operation } from '@quorate/protocol';
import type { PartyView } from '@quorate/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ledgerDataKey } from '../api/queries';
import { useLedgerScope } from '../ledger/ledger-context';
import { accountOpening, isIssuing, transferCodes, transferCreation } from '../ledger/operations';
import { useLedgerRows } from '../ledger/rows';
import { canSign } from '../keys/held-keys';
import { isApplied, KeyAbsence, OperationRefusal, submitOperations } from '../ledger/submission';
import { batchesOf, bookable, transfersOf, withResults, type LineResults, type Preparation } from './booking';

/** A file that is read and planned, and the party it is booked for. */
export interface Booking {
  readonly file: PaymentFile;
  readonly plan: PaymentPlan;
  readonly party: PartyView;
}

/** The three acts of booking a file: opening accounts, giving cover, submitting the payments. */
export function useBooking(booking: Booking, preparation: Preparation) {
  const { ledger, anchor, gateway, keys } = useLedgerScope();
  const rows = useLedgerRows();
  const queryClient = useQueryClient();
  const [results, setResults] = useState<LineResults>(new Map());
  const [submitted, setSubmitted] = useState(0);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ledgerDataKey(ledger.id) });
  const submit = (party: PartyView, operations: readonly Operation[]) => {
    if (anchor === null) throw new KeyAbsence();
    return submitOperations({ gateway, ledgerId: ledger.id, anchor, party, keys, operations });
  };

  const openAccounts = useMutation({
    mutationFn: async () => {
      const operations = preparation.absent.map(({ account }) => ({ kind: 'create_account' as const, account }));
      for (const batch of batchesOf<Operation>(operations)) refuseFailed(await submit(booking.party, batch));
    },
    onSettled: refresh,
  });

  const cover = useMutation({
    mutationFn: async () => {
      for (const { planned, missingMinor } of preparation.shortfalls) {
        const debit = rows.accounts.find(
          (account) => isIssuing(account) && account.asset === planned.account.asset && signable(account.party),
        );
        const credit = rows.accounts.find(({ id }) => id === formatId(planned.account.id));
        const issuer = debit === undefined ? undefined : rows.party(debit.party);
        if (debit === undefined || credit === undefined || issuer === undefined) throw new KeyAbsence();
        const code = transferCodes.issue;
        refuseFailed(await submit(issuer, [transferCreation({ debit, credit, amountMinor: missingMinor, code })]));
      }
    },
    onSettled: refresh,
  });

  const signable = (partyId: string) => {
    const party = rows.party(partyId);
    return party !== undefined && canSign(party, keys);
  };
  const openIssuing = useMutation({
    mutationFn: async (asset: number) => {
      const issuer = rows.party(rows.asset(asset)?.issuer ?? '');
      if (issuer === undefined) throw new KeyAbsence();
      refuseFailed(await submit(issuer, [accountOpening({ party: issuer.id, asset, issuing: true })]));
    },
    onSettled: refresh,
  });

  // One batch after the other: a file's payments are booked in its own order. A repetition cannot book twice, because
  // each transfer's id is fixed by the message.
  const book = useMutation({
    mutationFn: async () => {
      let known = results;
      setSubmitted(0);
      for (const batch of batchesOf(bookable(booking.plan.lines))) {
        known = withResults(known, batch, await submit(booking.party, transfersOf(batch)));
        setResults(known);
        setSubmitted((count) => count + batch.length);
      }
    },
    onSettled: refresh,
  });
  return { results, submitted, openAccounts, openIssuing, cover, book };
}

function refuseFailed(answer: { readonly results: readonly { readonly code: string }[] }): void {
  const refused = answer.results.find(({ code }) => !isApplied(code));
  if (refused !== undefined) throw new OperationRefusal(refused.code);
}
