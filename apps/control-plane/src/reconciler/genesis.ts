import { X509Certificate, createHash } from 'node:crypto';
import { unhex, type PublicKey } from '@quorate/crypto';
import type { ReconcileView } from '@quorate/database';
import { invariant } from '@quorate/errors';
import { RULES_VERSION, encodeGenesis, genesisId, type Genesis } from '@quorate/protocol';

/** The operator is the first party of every ledger. */
const operatorPartyId = 1n;

/** Makes the genesis of a ledger whose replicas are all prepared: its operator and, in order, every replica's keys. */
export function foundLedger(
  view: ReconcileView,
  governanceKey: PublicKey,
): { readonly document: Uint8Array; readonly id: Uint8Array } {
  const replicas = view.replicas
    .filter((replica) => replica.role === 'member')
    .sort((first, second) => first.index - second.index);
  invariant(replicas.length === view.replicaCount, 'a genesis names every replica', { ledgerId: view.ledgerId });
  const genesis: Genesis = {
    ledgerId: unhex(view.ledgerId.replaceAll('-', '')),
    createdAtNs: BigInt(view.createdAtMs) * 1_000_000n,
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
  };
  return { document: encodeGenesis(genesis), id: genesisId(genesis) };
}

/** SHA-256 of a certificate's DER form, by which links know it. */
export function hashOfCertificate(certificate: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(new X509Certificate(certificate).raw).digest());
}
