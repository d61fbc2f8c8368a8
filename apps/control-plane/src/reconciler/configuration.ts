import { hex, unhex } from '@quorate/crypto';
import type { ReconcileReplica, ReconcileSession, SignedDocument } from '@quorate/database';
import { invariant } from '@quorate/errors';
import {
  configHash,
  decodeConfiguration,
  decodeGenesis,
  encodeConfiguration,
  firstConfiguration,
  governanceSigningBytes,
  orderForNextEpoch,
  type Configuration,
} from '@quorate/protocol';
import { hashOfCertificate } from './genesis';
import type { GovernanceKey } from './governance-key';

/** Writes and signs the configuration that follows the one in force: the same ledger and rules with other replicas. */
export async function signNext(
  session: ReconcileSession,
  members: readonly string[],
  governance: GovernanceKey,
): Promise<SignedDocument> {
  const { view } = session;
  const { genesis, configuration } = await session.documentsInForce();
  const current =
    configuration === null ? firstConfiguration(decodeGenesis(genesis)) : decodeConfiguration(configuration);
  invariant(current.epoch === view.epoch, 'the next epoch follows the one in force', { ledgerId: view.ledgerId });
  const ordered = orderForNextEpoch(current, members, (id) => memberOf(view.replicas, id));
  const next: Configuration = {
    ...current,
    epoch: current.epoch + 1,
    replicas: ordered.map((id) => memberOf(view.replicas, id)),
  };
  return {
    hash: hex(configHash(next)),
    document: encodeConfiguration(next),
    signature: governance.signConfiguration(governanceSigningBytes(current, next)),
    members: ordered,
  };
}

function memberOf(replicas: readonly ReconcileReplica[], id: string): Configuration['replicas'][number] {
  const replica = replicas.find((candidate) => candidate.id === id);
  invariant(!!replica?.consensusKey && !!replica.certificate, 'a member has told its keys', { replicaId: id });
  const consensusKey = unhex(replica.nextConsensusKey ?? replica.consensusKey);
  return { consensusKey, certificateHash: hashOfCertificate(replica.certificate) };
}
