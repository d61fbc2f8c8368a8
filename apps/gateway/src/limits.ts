import { LIMITS } from '@quorate/protocol';

/** Every bound of the gateway, with its reason. Times in milliseconds. */
export const GATEWAY_LIMITS = {
  envelopeBytesMax: LIMITS.envelopeBytesMax,
  paymentFileBytesMax: 1_048_576,
  /** Requests between admission and the end of their answer, streams not counted: bounds memory held by bodies. */
  inFlightMax: 256,
  /** Of these, one tenant may hold a quarter: nobody fills the gateway alone. */
  tenantInFlightMax: 64,
  tenantRequestsPerSecondMax: 2_000,
  /** Look-ups of credentials at the same time: strangers cannot take up the database. */
  credentialLookUpsMax: 64,
  /** Payment files that one tenant has in reading, and that wait in all; reading is one at a time. */
  tenantPaymentFilesMax: 2,
  paymentFilesWaitingMax: 16,
  /** Ten times what a file of the largest size takes. */
  paymentFileReadMs: 8_000,
  /** A receipt is at most one block old when its certificate is formed; then the client asks again. */
  receiptWaitMs: 5_000,
  receiptPollMs: 40,
  /** A submit without an answer of the leader goes to all replicas after this. */
  submitHedgeMs: 300,
  submitTotalMs: 10_000,
  connectMs: 1_000,
  queryMs: 2_000,
  queryTotalMs: 5_000,
  /** Submissions of one ledger that are under way at all its replicas at the same time. */
  widenedPerLedgerMax: 16,
  /** Age of the answer to a request for the status. */
  statusAgeMs: 150,
  /** Replicas are asked for their status at most this often for each ledger in use. */
  observeEveryMs: 1_000,
  observeMs: 1_000,
  /** A replica that refused a connection is left alone this long. */
  reconnectAfterMs: 500,
  routeAgeMs: 1_500,
  /** A ledger that is not in service yet may be so any moment. */
  unreadyRouteAgeMs: 100,
  routesMax: 10_000,
  ledgersConnectedMax: 512,
  ledgerIdleMs: 60_000,
  streamsMax: 1_000,
  streamsPerLedgerMax: 64,
  /** Nobody takes up the gateway's streams alone, with however many ledgers. */
  streamsPerTenantMax: 128,
  /** A stream ends this long after its reader has lost the credential or the ledger. */
  streamCheckMs: 5_000,
  streamHeartbeatMs: 15_000,
  /** Bytes a stream's reader may be behind before it is cut off. */
  streamBacklogBytesMax: 65_536,
  pageSizeMax: 100,
  pageSizeDefault: 50,
  /** Lines of a payment file that are looked up on the ledger at the same time. */
  outcomeLookupsMax: 16,
  assetPagesMax: 20,
  /** After the signal to stop, answers under way get this long, and the process as a whole a little longer. */
  drainMs: 10_500,
  stopMs: 12_000,
} as const;
