/** Bounds that every replica enforces alike; changing one changes which blocks are valid. */
export const LIMITS = {
  /** One envelope on the wire: 8,190 transfers of 121 bytes plus head and signatures. */
  envelopeBytesMax: 1_114_112,
  envelopeOperationsMax: 8_190,
  envelopeSignaturesMax: 8,
  /** An envelope may be valid for an hour of ledger time at most, so that remembered hashes stay bounded. */
  envelopeLifetimeNsMax: 3_600_000_000_000n,
  /** A full envelope always fits a block. */
  blockBodyBytesMax: 1_310_720,
  blockOperationsMax: 8_192,
  blockEnvelopesMax: 8_192,
  partyKeysMax: 8,
  partyNameBytesMax: 64,
  assetCodeBytesMax: 12,
  /** Parties that one change of an asset puts on its allow-list or takes off. */
  allowListChangesMax: 32,
  /** Why something was frozen, in words. */
  reasonBytesMax: 128,
  /** Where to find what a record is about. */
  referenceBytesMax: 256,
  assetScaleMax: 18,
  replicasMax: 10,
  governanceKeysMax: 8,
} as const;
