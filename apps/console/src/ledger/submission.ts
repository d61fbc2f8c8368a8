import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Operation } from '@quorate/protocol';
import {
  buildEnvelope,
  idFromHex,
  signEnvelope,
  webCryptoSigner,
  type GatewayClient,
  type PartyKey,
  type PartyView,
  type SubmitResult,
} from '@quorate/sdk';
import { ledgerDataKey } from '../api/queries';
import { heldKeys } from '../keys/held-keys';
import type { StoredKey } from '../keys/key-store';
import { useLedgerScope } from './ledger-context';

/** The ledger took an operation into a block and did not apply it; `code` is the result's name. */
export class OperationRefusal extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = 'OperationRefusal';
  }
}

/** The keys that this browser lacks to reach the party's threshold. */
export class KeyAbsence extends Error {
  readonly code = 'SIGNING_KEY_ABSENT';

  constructor() {
    super('');
    this.name = 'KeyAbsence';
  }
}

/** What to submit, for which party of which ledger. */
export interface Submission {
  readonly gateway: GatewayClient;
  readonly ledgerId: string;
  readonly anchor: string;
  readonly party: PartyView;
  readonly keys: readonly StoredKey[];
  readonly operations: readonly Operation[];
  /** Fixed when a whole batch must be repeatable; random otherwise. */
  readonly envelopeId?: bigint;
}

/** Signs an envelope in this browser, submits it and waits until it is final. */
export async function submitOperations(submission: Submission): Promise<SubmitResult> {
  const { party, operations, envelopeId: id, anchor: genesisId } = submission;
  const held = heldKeys(party, submission.keys).slice(0, party.threshold);
  if (held.length < party.threshold) throw new KeyAbsence();
  const signers: PartyKey[] = await Promise.all(
    held.map(async ({ key, stored }) => ({ key, signer: await webCryptoSigner(stored.pair) })),
  );
  const envelope = buildEnvelope({ genesisId, party: idFromHex(party.id), operations, id });
  return submission.gateway.submit(submission.ledgerId, await signEnvelope(envelope, signers));
}

/** A result that leaves the ledger as the operation wanted it. */
export const isApplied = (code: string): boolean => code === 'applied' || code === 'exists';

/** A mutation that signs and submits for a party of the page's ledger, and fails when any operation was not applied. */
export function useSubmission() {
  const { ledger, anchor, gateway, keys } = useLedgerScope();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ party, operations }: { party: PartyView; operations: readonly Operation[] }) => {
      if (anchor === null) throw new KeyAbsence();
      const result = await submitOperations({ gateway, ledgerId: ledger.id, anchor, party, keys, operations });
      const refused = result.results.find(({ code }) => !isApplied(code));
      if (refused !== undefined) throw new OperationRefusal(refused.code);
      return result;
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ledgerDataKey(ledger.id) }),
  });
}
