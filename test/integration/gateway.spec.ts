import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyReceipt } from '@quorate/light-client';
import { parsePaymentFile, planPaymentFile, type PaymentPlan } from '@quorate/payments';
import { LIMITS, type Operation } from '@quorate/protocol';
import {
  buildEnvelope,
  createGatewayClient,
  idToHex,
  ProblemError,
  randomId,
  signEnvelope,
  type BlockEvent,
} from '@quorate/sdk';
import { eventually } from '../platform/eventually';
import {
  CHF,
  ISSUER_ACCOUNT,
  Institution,
  newSigner,
  OPERATOR,
  transfer,
  type OwnedLedger,
} from '../platform/institution';
import { TestPlatform } from '../platform/test-platform';

const debtor = 2n;
const creditor = 3n;
const opening = 1_000n;
const sample = readFileSync(join(__dirname, '../../libs/payments/samples/velowerk-pain.001.001.09.xml'), 'utf8');

/** The refusal of a request, or a failure of the test when it was answered. */
async function problem(request: PromiseLike<unknown>): Promise<ProblemError> {
  const outcome = await Promise.resolve(request).then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(outcome instanceof ProblemError)) throw new Error('expected a problem', { cause: outcome });
  return outcome;
}

/** The code of what a request came to, while it may still be answered. */
function codeOf(request: PromiseLike<unknown>): Promise<string> {
  return problem(request).then(
    ({ code }) => code,
    () => 'answered',
  );
}

describe('the gateway before a ledger of four replicas', () => {
  let platform: TestPlatform;
  let bank: Institution;
  let rival: Institution;
  let ledger: OwnedLedger;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    [bank, rival] = await Promise.all([Institution.signUp(platform, 'Alpha'), Institution.signUp(platform, 'Rival')]);
    ledger = await bank.createLedger('standard', 'gateway');
    await bank.openAccounts(ledger, [debtor, creditor], opening);
  });
  afterAll(() => platform?.stop());

  const balance = async (id: bigint) => (await bank.gateway.account(ledger.id, id)).creditsPostedMinor;
  const raw = (path: string, init: RequestInit) => fetch(`${platform.gatewayUrl}${path}`, init);
  const envelopesPath = () => `/v1/ledgers/${ledger.id}/envelopes`;
  const post = (headers: Record<string, string>, body: Uint8Array) =>
    raw(envelopesPath(), { method: 'POST', headers, body: body as BodyInit });

  describe('envelopes', () => {
    it('books an envelope once, however often it is submitted', async () => {
      const envelope = await bank.envelope(ledger, [transfer(debtor, creditor, 5n)]);
      const before = await balance(creditor);
      const [first, second] = await Promise.all([
        bank.gateway.submit(ledger.id, envelope),
        bank.gateway.submit(ledger.id, envelope),
      ]);
      const third = await bank.gateway.submit(ledger.id, envelope);
      expect(first.results).toEqual([{ index: 0, code: 'applied' }]);
      expect(first.envelopeHash).toBe(envelope.hash);
      expect(second).toEqual(first);
      expect(third).toEqual(first);
      expect(BigInt(await balance(creditor)) - BigInt(before)).toBe(5n);
    });

    it('answers an overdraft with its result code and changes nothing', async () => {
      const before = await balance(creditor);
      const { results } = await bank.submit(ledger, [transfer(debtor, creditor, 10n * opening)]);
      expect(results).toEqual([{ index: 0, code: 'exceeds_credits' }]);
      expect(await balance(creditor)).toBe(before);
    });

    it.each<[string, string, () => Promise<Uint8Array>]>([
      [
        'a signature by another key',
        'ENVELOPE_SIGNATURE_WRONG',
        async () =>
          bank
            .envelope({ ...ledger, signer: newSigner() }, [transfer(debtor, creditor, 1n)])
            .then(({ bytes }) => bytes),
      ],
      [
        'a signature with one bit turned',
        'ENVELOPE_SIGNATURE_WRONG',
        async () => {
          const { bytes } = await bank.envelope(ledger, [transfer(debtor, creditor, 1n)]);
          return bytes.with(bytes.length - 1, bytes[bytes.length - 1] ^ 1);
        },
      ],
      [
        'an expiry in the past',
        'ENVELOPE_EXPIRED',
        async () =>
          (await bank.envelope(ledger, [transfer(debtor, creditor, 1n)], BigInt(Date.now() - 1_000) * 1_000_000n))
            .bytes,
      ],
      [
        'an expiry too far ahead',
        'ENVELOPE_LIFETIME_TOO_LONG',
        async () =>
          (await bank.envelope(ledger, [transfer(debtor, creditor, 1n)], BigInt(Date.now() + 7_200_000) * 1_000_000n))
            .bytes,
      ],
      [
        'the genesis id of another ledger',
        'ENVELOPE_WRONG_LEDGER',
        async () =>
          (await bank.envelope({ ...ledger, genesisId: 'ab'.repeat(32) }, [transfer(debtor, creditor, 1n)])).bytes,
      ],
      [
        'a party that the ledger does not know',
        'ENVELOPE_PARTY_UNKNOWN',
        async () =>
          (
            await signEnvelope(
              buildEnvelope({ genesisId: ledger.genesisId, party: 77n, operations: [transfer(debtor, creditor, 1n)] }),
              ledger.signer,
            )
          ).bytes,
      ],
      ['no meaning at all', 'ENVELOPE_MALFORMED', async () => new Uint8Array(1_000).fill(7)],
    ])('refuses an envelope with %s as %s', async (_, code, make) => {
      const before = await balance(creditor);
      expect(await problem(bank.gateway.submit(ledger.id, await make()))).toMatchObject({ code, status: 422 });
      expect(await balance(creditor)).toBe(before);
    });

    it('takes the largest envelope there is', async () => {
      const operations = Array.from({ length: LIMITS.envelopeOperationsMax }, () =>
        transfer(ISSUER_ACCOUNT, creditor, 1n),
      );
      const { results } = await bank.submit(ledger, operations);
      expect(results).toHaveLength(LIMITS.envelopeOperationsMax);
      expect(results.every(({ code }) => code === 'applied')).toBe(true);
    });

    it('refuses two megabytes and other content types', async () => {
      const authorization = `Bearer ${bank.apiKey}`;
      const large = await post(
        { authorization, 'content-type': 'application/octet-stream' },
        new Uint8Array(2_000_000),
      );
      expect(large.status).toBe(413);
      expect(await large.json()).toMatchObject({ code: 'BODY_TOO_LARGE' });
      const json = await post({ authorization, 'content-type': 'application/json' }, new TextEncoder().encode('{}'));
      expect(json.status).toBe(415);
    });
  });

  describe('callers', () => {
    it('asks for a credential, and for a right one', async () => {
      for (const authorization of ['', 'Bearer qk_nonsense', 'Basic YTpi']) {
        const answer = await raw(`/v1/ledgers/${ledger.id}/status`, {
          headers: authorization === '' ? {} : { authorization },
        });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({
          code: 'CREDENTIAL_MISSING',
          requestId: answer.headers.get('request-id'),
        });
      }
    });

    it("shows a tenant nothing of another's ledger, not even that it is there", async () => {
      const comparable = ({ problem: body }: ProblemError) => ({ ...body, requestId: '' });
      const none = '00000000-0000-4000-8000-000000000000';
      const foreign = await problem(rival.gateway.status(ledger.id));
      expect(foreign).toMatchObject({ code: 'LEDGER_UNKNOWN', status: 404 });
      expect(comparable(foreign)).toEqual(comparable(await problem(rival.gateway.status(none))));
      expect(comparable(foreign)).toEqual(comparable(await problem(bank.gateway.status(none))));
      const envelope = await bank.envelope(ledger, [transfer(debtor, creditor, 1n)]);
      for (const request of [
        () => rival.gateway.submit(ledger.id, envelope),
        () => rival.gateway.genesis(ledger.id),
        () => rival.gateway.accounts(ledger.id),
        () => rival.gateway.receipt(ledger.id, 1n),
        () => rival.gateway.checkPaymentFile(ledger.id, sample),
      ]) {
        expect(await problem(request())).toMatchObject({ code: 'LEDGER_UNKNOWN' });
      }
    });

    it('knows no other routes', async () => {
      const headers = { authorization: `Bearer ${bank.apiKey}` };
      expect(await (await raw('/v1/nothing', { headers })).json()).toMatchObject({
        code: 'ROUTE_UNKNOWN',
        status: 404,
      });
    });
  });

  describe('reading', () => {
    it('walks accounts and transfers page by page, newest transfers first', async () => {
      const accounts: string[] = [];
      for await (const { id } of bank.gateway.accounts(ledger.id, { limit: 2 })) accounts.push(id);
      expect(accounts).toEqual(expect.arrayContaining([ISSUER_ACCOUNT, debtor, creditor].map(idToHex)));
      expect(new Set(accounts).size).toBe(accounts.length);
      const { data } = await bank.gateway.accountTransfers(ledger.id, debtor, { limit: 5 });
      const times = data.map(({ timestampNs }) => BigInt(timestampNs));
      expect(times).toEqual([...times].sort((left, right) => (left < right ? 1 : -1)));
      expect((await bank.gateway.asset(ledger.id, CHF)).code).toBe('CHF');
      expect((await bank.gateway.party(ledger.id, OPERATOR)).keys).toHaveLength(1);
      expect((await bank.gateway.blocks(ledger.id, { limit: 1 })).data[0].height).toBeGreaterThan(0);
    });

    it('looks up many at once, narrows lists, and tells what an account held', async () => {
      const ids = [debtor, 999n, creditor].map(idToHex);
      const accounts = await bank.gateway.lookUpAccounts(ledger.id, ids);
      expect(accounts.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
      const { data } = await bank.gateway.transfers(ledger.id, { limit: 3, order: 'oldest' });
      expect(await bank.gateway.lookUpTransfers(ledger.id, [...data.map(({ id }) => id), 999n])).toEqual(data);
      const [oldest] = data;
      const within = { from: oldest.height, to: oldest.height };
      expect((await bank.gateway.transfers(ledger.id, within)).data).toContainEqual(oldest);
      expect((await bank.gateway.transfers(ledger.id, { to: '2001-01-01T00:00:00Z' })).data).toEqual([]);
      expect(
        (await bank.gateway.accountTransfers(ledger.id, oldest.creditAccount, { side: 'debit', ...within })).data,
      ).toEqual([]);
      const [balance] = (await bank.gateway.accountBalances(ledger.id, oldest.creditAccount, within)).data;
      expect(balance).toMatchObject({ transfer: oldest.id, creditsPostedMinor: oldest.amountMinor });
      const party = { party: OPERATOR, order: 'oldest' as const };
      expect(await problem(bank.gateway.accounts(ledger.id, party))).toMatchObject({ code: 'REQUEST_INVALID' });
      expect(await problem(bank.gateway.lookUpAccounts(ledger.id, []))).toMatchObject({ code: 'REQUEST_INVALID' });
      expect(await problem(rival.gateway.lookUpAccounts(ledger.id, ids))).toMatchObject({ code: 'LEDGER_UNKNOWN' });
    });

    it('says what is not there, and what is not understood', async () => {
      expect(await problem(bank.gateway.account(ledger.id, 999n))).toMatchObject({
        code: 'ACCOUNT_UNKNOWN',
        status: 404,
      });
      expect(await problem(bank.gateway.transfer(ledger.id, 999n))).toMatchObject({ code: 'TRANSFER_UNKNOWN' });
      expect(await problem(bank.gateway.accounts(ledger.id, { limit: 101 }))).toMatchObject({
        code: 'REQUEST_INVALID',
        errors: [{ pointer: '/limit' }],
      });
      expect(await problem(bank.gateway.accounts(ledger.id, { cursor: 'nonsense' }))).toMatchObject({
        code: 'REQUEST_INVALID',
      });
    });

    it('follows the blocks of the ledger', async () => {
      const stop = new AbortController();
      const blocks = bank.gateway.stream(ledger.id, { signal: stop.signal });
      const next = blocks.next();
      let seen: BlockEvent | undefined;
      void next.then(({ value }) => (seen = value as BlockEvent));
      // Blocks that were final before the stream was open are not in it, so there must be new ones until then.
      await eventually(
        () => bank.submit(ledger, [transfer(ISSUER_ACCOUNT, creditor, 1n)]),
        () => seen !== undefined,
      );
      expect(seen?.height).toBeGreaterThan(0);
      stop.abort();
    });
  });

  describe('receipts', () => {
    it('prove an applied and a failed transfer offline, and nothing else', async () => {
      const [good, bad] = [transfer(debtor, creditor, 1n), transfer(debtor, creditor, 10n * opening)];
      const { height, firstIndex } = await bank.submit(ledger, [good, bad]);
      const receipts = await Promise.all(
        [0, 1].map((index) => bank.gateway.operationReceipt(ledger.id, height, firstIndex + index)),
      );
      const proven = receipts.map((receipt) => verifyReceipt(receipt, ledger.genesisId));
      expect(proven).toMatchObject([
        { ok: true, result: 'applied', operation: good },
        { ok: true, result: 'exceeds_credits', operation: bad },
      ]);
      expect(proven[0]).toHaveProperty('signers.length', 3);
      expect(verifyReceipt(await bank.gateway.receipt(ledger.id, idOf(bad)), ledger.genesisId)).toEqual(proven[1]);
      const forged = { ...receipts[1], record: { ...receipts[1].record, code: 0 } };
      expect(verifyReceipt(forged, ledger.genesisId)).toMatchObject({ ok: false });
      expect(verifyReceipt(receipts[0], 'ab'.repeat(32))).toMatchObject({ ok: false });
    });

    it('are not made for what never was executed', async () => {
      expect(await problem(bank.gateway.receipt(ledger.id, randomId()))).toMatchObject({
        code: 'RECEIPT_UNKNOWN',
        status: 404,
      });
      expect(await problem(bank.gateway.operationReceipt(ledger.id, 1, 9_999))).toMatchObject({
        code: 'RECEIPT_UNKNOWN',
      });
    });
  });

  describe('payment files', () => {
    async function localPlan(): Promise<PaymentPlan> {
      const parsed = parsePaymentFile(sample);
      if (!parsed.ok) throw new Error(parsed.errors[0].detail);
      return planPaymentFile(parsed.file, {
        genesisId: ledger.genesisId,
        party: OPERATOR,
        assets: (await bank.gateway.assets(ledger.id)).data,
      });
    }

    it('are planned as clients plan them, booked once, refused the second time, and reported', async () => {
      const shown = await bank.gateway.checkPaymentFile(ledger.id, sample);
      const plan = await localPlan();
      expect(shown.lines.map(({ transferId }) => transferId)).toEqual(
        plan.lines.map(({ transfer: planned }) => (planned ? idToHex(planned.id) : null)),
      );
      expect(await bank.gateway.paymentStatusReport(ledger.id, sample)).toContain('PDNG');

      const opened = plan.accounts.map(({ account }): Operation => ({ kind: 'create_account', account }));
      const funded = plan.accounts
        .filter(({ debited }) => debited)
        .map(({ account, debitsMinor }) => transfer(ISSUER_ACCOUNT, account.id, debitsMinor));
      const booked = plan.lines.flatMap(({ transfer: planned }): Operation[] =>
        planned ? [{ kind: 'create_transfer', transfer: planned }] : [],
      );
      const { results } = await bank.submit(ledger, [...opened, ...funded, ...booked]);
      expect(results.every(({ code }) => code === 'applied')).toBe(true);

      expect(await problem(bank.gateway.checkPaymentFile(ledger.id, sample))).toMatchObject({
        code: 'PAYMENT_FILE_DUPLICATE',
        status: 409,
      });
      const report = await bank.gateway.paymentStatusReport(ledger.id, sample);
      expect(report.match(/<TxSts>ACSC<\/TxSts>/g)).toHaveLength(booked.length);
      expect(report).not.toContain('PDNG');
    });

    it.each([
      [
        'entities that grow without bound',
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Document>&b;</Document>',
      ],
      ['an external entity', '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>'],
      ['unclosed elements', sample.slice(0, sample.length / 2)],
      ['a control sum that does not add up', sample.replace(/<CtrlSum>[^<]*<\/CtrlSum>/, '<CtrlSum>1.00</CtrlSum>')],
      ['nothing', ' '],
    ])('with %s are refused with the place of the fault', async (_, xml) => {
      const refusal = await problem(bank.gateway.checkPaymentFile(ledger.id, xml));
      expect(refusal).toMatchObject({ code: 'PAYMENT_FILE_INVALID', status: 422 });
      expect(refusal.errors[0].detail).toMatch(/^line \d+: /);
    });

    it('of more than a mebibyte are refused unread', async () => {
      expect(await problem(bank.gateway.checkPaymentFile(ledger.id, sample + ' '.repeat(1_048_576)))).toMatchObject({
        code: 'BODY_TOO_LARGE',
        status: 413,
      });
    });
  });

  it('stops serving a ledger that is retired, and a key that is revoked', async () => {
    const sandbox = await rival.createLedger('sandbox', 'short-lived');
    expect((await rival.gateway.status(sandbox.id)).replicas).toHaveLength(1);
    await rival.controlPlane.retireLedger(sandbox.id);
    // What the gateway remembers of a ledger or a key is up to two seconds old.
    await eventually(
      () => codeOf(rival.gateway.status(sandbox.id)),
      (code) => code === 'LEDGER_NOT_READY',
    );
    const { key, id } = await rival.controlPlane.createApiKey({ name: 'revoked', expiresInDays: 1 });
    const gateway = createGatewayClient({ url: platform.gatewayUrl, apiKey: key });
    expect(await problem(gateway.status(ledger.id))).toMatchObject({ status: 404 });
    await rival.controlPlane.revokeApiKey(id);
    await eventually(
      () => codeOf(gateway.status(ledger.id)),
      (code) => code === 'CREDENTIAL_MISSING',
    );
  });
});

function idOf(operation: Operation): bigint {
  if (operation.kind !== 'create_transfer') throw new Error('not a transfer');
  return operation.transfer.id;
}
