import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { HistoryTree, hex, inclusionPath, leafHash, merkleRoot } from '@quorate/crypto';
import {
  firstConfiguration,
  RULES_VERSION,
  ZERO_HASH,
  blockId,
  commitPreimage,
  configHash,
  consensusContext,
  encodeCertificate,
  encodeGenesis,
  encodeHeader,
  encodeOperation,
  encodeResultRecord,
  formatId,
  genesisHeader,
  genesisId,
  historyLeaf,
  type BlockHeader,
  type Genesis,
  type Receipt,
  type ResultRecord,
} from '@quorate/protocol';
import { EMPTY_ROOT } from '@quorate/crypto';

function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(12));
}

/** A ledger of four replicas with real keys whose blocks 1 to 3 hold 1, 5 and 2 results; every result has a receipt. */
export function provenLedger(): { genesis: Genesis; anchor: string; receipts: Receipt[] } {
  const keys = Array.from({ length: 4 }, () => generateKeyPairSync('ed25519'));
  const operatorKey = rawPublicKey(generateKeyPairSync('ed25519').publicKey);
  const genesis: Genesis = {
    ledgerId: new Uint8Array(16).fill(7),
    createdAtNs: 1_700_000_000_000_000_000n,
    operator: { id: 1n, name: 'Bank', threshold: 1, keys: [{ scheme: 'ed25519', bytes: operatorKey }] },
    rulesVersion: RULES_VERSION,
    replicas: keys.map(({ publicKey }, index) => ({
      consensusKey: rawPublicKey(publicKey),
      certificateHash: new Uint8Array(32).fill(index),
    })),
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: operatorKey }] },
  };
  const history = new HistoryTree();
  history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
  let parent = genesisHeader(genesis);
  const blocks = [1, 5, 2].map((count, position) => {
    const height = position + 1;
    const header: BlockHeader = {
      ...parent,
      kind: 'data',
      epoch: 1,
      height,
      parentId: blockId(encodeHeader(parent)),
      timeNs: parent.timeNs + 1_000n,
      configHash: configHash(firstConfiguration(genesis)),
      nextConfigHash: ZERO_HASH,
      operationCount: count,
    };
    parent = header;
    const records = Array.from({ length: count }, (_, index): ResultRecord => ({
      height,
      index,
      timestampNs: header.timeNs + BigInt(index),
      code: 0,
      envelopeHash: new Uint8Array(32).fill(height),
      party: 1n,
      operation: encodeOperation({
        kind: 'create_asset',
        asset: { id: 700 + index, scale: 2, code: 'CHF', issuer: 1n },
      }),
    }));
    const leaves = records.map((record) => leafHash(encodeResultRecord(record)));
    history.append(historyLeaf(blockId(encodeHeader(header)), merkleRoot(leaves)));
    return { header, records, leaves };
  });
  const last: BlockHeader = {
    ...parent,
    kind: 'empty',
    height: 4,
    parentId: blockId(encodeHeader(parent)),
    execHeight: 3,
    execRoot: history.root(),
  };
  const lastId = blockId(encodeHeader(last));
  const preimage = commitPreimage(consensusContext(firstConfiguration(genesis)), { term: 1, slot: 5 }, lastId);
  const signers = [0, 1, 3];
  const signatures = signers.map((signer) => new Uint8Array(sign(null, preimage, keys[signer].privateKey)));
  const certificate = encodeCertificate({
    kind: 'commit',
    epoch: 1,
    term: 1,
    slot: 5,
    blockId: lastId,
    signers,
    signatures,
  });
  const receipts = blocks.flatMap(({ header, records, leaves }) =>
    records.map((record): Receipt => ({
      version: 1,
      genesis: hex(encodeGenesis(genesis)),
      record: {
        height: record.height,
        index: record.index,
        timestampNs: record.timestampNs.toString(),
        code: record.code,
        envelopeHash: hex(record.envelopeHash),
        party: formatId(record.party),
        operation: hex(record.operation),
      },
      operationCount: records.length,
      resultsPath: inclusionPath(leaves, record.index).map(hex),
      blockId: hex(blockId(encodeHeader(header))),
      historyPath: history.path(header.height, 4).map(hex),
      header: hex(encodeHeader(last)),
      certificate: hex(certificate),
    })),
  );
  return { genesis, anchor: hex(genesisId(genesis)), receipts };
}
