import { X509Certificate, createHash } from 'node:crypto';
import { unhex, type PublicKey } from '@quorate/crypto';
import type { AcquiredRecord, Cause, ReconcileView } from '@quorate/database';
import { invariant } from '@quorate/errors';
import { RULES_VERSION, earliestForkNs, encodeGenesis, genesisId, type Genesis, type Parent } from '@quorate/protocol';

/** The operator is the first party of every ledger. */
const operatorPartyId = 1n;

const nsPerMs = 1_000_000n;

/** Makes the genesis of a ledger whose replicas are all prepared: its operator and, in order, every replica's keys. */
export function foundLedger(
  view: ReconcileView,
  governanceKey: PublicKey,
): { readonly document: Uint8Array; readonly id: Uint8Array; readonly origin: AcquiredRecord | null } {
  const replicas = view.replicas
    .filter((replica) => replica.role === 'member')
    .sort((first, second) => first.index - second.index);
  invariant(replicas.length === view.replicaCount, 'a genesis names every replica', { ledgerId: view.ledgerId });
  const origin = replicas[0]?.acquired ?? null;
  const parent = origin === null || view.parent === null ? null : parentOf(view.parent.ledgerId, origin);
  const askedAtNs = BigInt(view.createdAtMs) * nsPerMs;
  const earliestNs = parent === null ? 0n : earliestForkNs(parent);
  const genesis: Genesis = {
    ledgerId: unhex(view.ledgerId.replaceAll('-', '')),
    createdAtNs: askedAtNs > earliestNs ? askedAtNs : earliestNs,
    operator: {
      id: operatorPartyId,
      name: view.operator.name,
      threshold: view.operator.threshold,
      keys: view.operator.keys.map(({ scheme, publicKey }) => ({ scheme, bytes: unhex(publicKey) })),
    },
    rulesVersion: RULES_VERSION,
    replicas: replicas.map(({ id, consensusKey, certificate }) => {
      invariant(consensusKey !== null && certificate !== null, 'a prepared replica has keys', { replicaId: id });
      return { consensusKey: unhex(consensusKey), certificateHash: hashOfCertificate(certificate) };
    }),
    governance: { threshold: 1, keys: [governanceKey] },
    ...(parent === null ? {} : { parent }),
  };
  return { document: encodeGenesis(genesis), id: genesisId(genesis), origin };
}

/** Why a fork cannot be founded: its replicas made the state each for itself, and must have come to the same. */
export function differingStates({ replicas }: ReconcileView): Cause | null {
  const roots = replicas.flatMap(({ role, acquired }) =>
    role === 'member' && acquired !== null ? [`${acquired.height} ${acquired.blockId} ${acquired.stateRoot}`] : [],
  );
  if (new Set(roots).size <= 1) return null;
  return { code: 'PARENT_STATE_DIFFERS', detail: 'the replicas came to different states of the parent' };
}

function parentOf(ledgerId: string, origin: AcquiredRecord): Parent {
  return {
    ledgerId: unhex(ledgerId.replaceAll('-', '')),
    genesisId: unhex(origin.genesisId),
    height: origin.height,
    timeNs: BigInt(origin.timeNs),
    blockId: unhex(origin.blockId),
    execRoot: unhex(origin.execRoot),
    stateRoot: unhex(origin.stateRoot),
  };
}

/** SHA-256 of a certificate's DER form, by which links know it. */
export function hashOfCertificate(certificate: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(new X509Certificate(certificate).raw).digest());
}
