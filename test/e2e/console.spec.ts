import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { eventually } from '../platform/eventually';
import { isJourney } from '../platform/failures';
import { TestPlatform } from '../platform/test-platform';
import { findChromium, openBrowser, Visitor } from './console-visitor';

jest.setTimeout(600_000);
isJourney();

const password = 'correct horse battery';

const payment = (endToEndId: string, amount: string, currency: string, creditor: string): string => `
      <CdtTrfTxInf>
        <PmtId><EndToEndId>${endToEndId}</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="${currency}">${amount}</InstdAmt></Amt>
        <Cdtr><Nm>Creditor of ${endToEndId}</Nm></Cdtr>
        <CdtrAcct><Id><IBAN>${creditor}</IBAN></Id></CdtrAcct>
      </CdtTrfTxInf>`;

/** Three payments of which the second is in a currency that the ledger does not have; the header states four. */
const paymentFile = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03">
  <CstmrCdtTrfInitn>
    <GrpHdr><MsgId>RUN-2026-11</MsgId><CreDtTm>2026-11-22T10:00:00</CreDtTm><NbOfTxs>4</NbOfTxs><InitgPty><Nm>Helvetia Works</Nm></InitgPty></GrpHdr>
    <PmtInf>
      <PmtInfId>B-1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt>2026-11-23</ReqdExctnDt>
      <Dbtr><Nm>Helvetia Works</Nm></Dbtr><DbtrAcct><Id><IBAN>CH9300762011623852957</IBAN></Id></DbtrAcct>
      <DbtrAgt><FinInstnId><BIC>POFICHBEXXX</BIC></FinInstnId></DbtrAgt>
      ${payment('SALARY-1', '6.20', 'CHF', 'DE89370400440532013000')}
      ${payment('SALARY-2', '10.00', 'JPY', 'DE89370400440532013000')}
      ${payment('SALARY-3', '3.80', 'CHF', 'GB29NWBK60161331926819')}
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>`;

const chromium = findChromium();
if (chromium === undefined) {
  const lack = 'There is no Chromium on this machine: install one or name one in QUORATE_CHROMIUM.';
  // A pipeline must not pass without its browser tests; a person without a browser may run all the others.
  if (process.env.CI) throw new Error(lack);
  process.stderr.write(`${lack} The console is not tested in a browser.\n`);
}
const describeInBrowser = chromium === undefined ? describe.skip : describe;

describeInBrowser('the console', () => {
  const screenshots = process.env.QUORATE_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'quorate-console-'));
  let platform: TestPlatform;
  let browser: Browser;

  beforeAll(async () => {
    platform = await TestPlatform.start({ workers: 4 });
    browser = await openBrowser(chromium ?? '');
  });

  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    if (process.env.QUORATE_SCREENSHOTS === undefined) rmSync(screenshots, { recursive: true, force: true });
  });

  describe('for an institution', () => {
    let visitor: Visitor;
    let ledgerPath: string;
    let receiptFile: string;
    let accountPath: string;

    beforeAll(async () => {
      visitor = await Visitor.arrive(browser, platform, screenshots);
    });

    afterAll(() => visitor?.leave());

    it('signs up and shows that there is no ledger yet', async () => {
      await visitor.sees('Welcome back.');
      await visitor.picture('log-in');
      await visitor.page.getByRole('link', { name: 'Sign up' }).click();
      await visitor.fill({ Institution: 'Helvetia Works', 'E-mail': 'not an address', Password: 'short' });
      await visitor.button('Create account').click();
      await visitor.sees('Too short.');
      await visitor.picture('sign-up');
      await visitor.fill({ 'E-mail': 'owner@helvetia.example', Password: password });
      await visitor.button('Create account').click();
      await visitor.sees('No ledger yet');
      await visitor.picture('ledgers-empty');
    });

    it('creates a ledger of four replicas and shows how it comes to be', async () => {
      await visitor.button('Create ledger').click();
      await visitor.page.getByLabel('Name', { exact: true }).fill('Treasury');
      await visitor.picture('create-ledger');
      await visitor.button('Make key and create ledger').click();
      await visitor.page.waitForURL(/\/ledgers\/[0-9a-f-]{36}$/);
      ledgerPath = new URL(visitor.page.url()).pathname;
      await visitor.page.getByRole('tab', { name: 'Overview' }).waitFor();
      await visitor.sees('4 of 4');
      // What is shown while the ledger comes to be stays readable afterwards, however quick it was.
      await visitor.page.getByText('How it was set up').click();
      await visitor.sees('Write the genesis');
      for (const step of ['Make the replica’s keys', 'Start the replica']) {
        const lines = visitor.page.locator('.step-line').filter({ hasText: step });
        // The log is read by itself, so it may show a step's end later than the ledger shows that it is ready.
        await eventually(
          () => lines.allInnerTexts(),
          (texts) => texts.length === 4 && texts.every((text) => /worker-\d[\s\S]*\d\s?(ms|s)$/.test(text)),
        );
      }
      await visitor.picture('overview-new');
    });

    it('leads from the first asset to the first transfer', async () => {
      for (const [action, result] of [
        ['Create asset', 'What the ledger counts'],
        ['Open accounts', 'An issuing account'],
        ['Issue', 'Bring the first units'],
        ['Transfer', 'Move money'],
      ]) {
        await visitor.sees(result);
        await visitor.page.locator('.guide-step').getByRole('button', { name: action, exact: true }).click();
        const dialog = visitor.page.getByRole('dialog');
        await dialog.waitFor();
        await visitor.picture(`dialog-${action.toLowerCase().replace(' ', '-')}`);
        await dialog.getByRole('button', { name: 'Sign and submit' }).click();
        await dialog.waitFor({ state: 'hidden' });
      }
      await visitor.sees('The first transfer is final');
      await visitor.picture('overview');
      await visitor.page.getByRole('tab', { name: 'Accounts' }).click();
      await visitor.sees('993.80');
      await visitor.sees('-1,000.00');
      await visitor.picture('accounts');
      for (const tab of ['Parties', 'Assets', 'Connect']) {
        await visitor.page.getByRole('tab', { name: tab }).click();
        await visitor.page.waitForURL(`**/${tab.toLowerCase()}`);
        await visitor.picture(tab.toLowerCase());
      }
    });

    it('adds a party that needs two signatures and opens an account for it', async () => {
      await visitor.page.getByRole('tab', { name: 'Parties' }).click();
      await visitor.button('Add party').click();
      const dialog = visitor.page.getByRole('dialog');
      await dialog.getByLabel('Name', { exact: true }).fill('星河商贸');
      await visitor.choose(dialog.getByLabel('Keys', { exact: true }), '2 keys, all must sign');
      await dialog.getByRole('button', { name: 'Sign and submit' }).click();
      await visitor.page.getByRole('row', { name: /星河商贸.*2 of 2.*From this browser/ }).waitFor();
      await visitor.picture('parties-two');
      await visitor.page.getByRole('tab', { name: 'Accounts' }).click();
      await visitor.button('Open accounts').click();
      await visitor.choose(dialog.getByLabel('Owner'), '星河商贸');
      await dialog.getByLabel('Ordinary accounts').fill('1');
      await dialog.getByRole('button', { name: 'Sign and submit' }).click();
      await visitor.page.getByRole('row', { name: /星河商贸 CHF 0\.00/ }).waitFor();
    });

    it('verifies a receipt without the network, and refuses a forged one', async () => {
      await visitor.page.getByRole('tab', { name: 'Transfers' }).click();
      await visitor.sees('6.20 CHF');
      await visitor.picture('transfers');
      await visitor.page
        .getByRole('row', { name: /6\.20 CHF/ })
        .getByRole('button', { name: 'Receipt' })
        .click();
      await visitor.sees('Signed by party');
      await visitor.context.setOffline(true);
      await visitor.button('Verify in this browser').click();
      await visitor.sees('The receipt is genuine');
      await visitor.picture('receipt');
      await visitor.context.setOffline(false);
      const [download] = await Promise.all([
        visitor.page.waitForEvent('download'),
        visitor.button('Download JSON').click(),
      ]);
      receiptFile = await download.path();
      await visitor.page.goto(`${platform.url}/verify`);
      await visitor.sees('Drop a receipt or a statement here');
      await visitor.context.setOffline(true);
      await visitor.page.setInputFiles('input[type=file]', receiptFile);
      await visitor.sees('The receipt is genuine');
      await visitor.picture('verify');
      const forged = JSON.parse(readFileSync(receiptFile, 'utf8'));
      forged.record.timestampNs = String(BigInt(forged.record.timestampNs) + 1n);
      const buffer = Buffer.from(JSON.stringify(forged));
      await visitor.page.setInputFiles('input[type=file]', {
        name: 'forged.json',
        mimeType: 'application/json',
        buffer,
      });
      await visitor.sees('The receipt proves nothing');
      await visitor.context.setOffline(false);
      await visitor.picture('verify-forged');
    });

    it('proves the whole statement of an account, also from its file, and shows what else is on record', async () => {
      await visitor.page.goto(`${platform.url}${ledgerPath}/accounts`);
      await visitor.page
        .getByRole('row', { name: /993\.80/ })
        .getByRole('link')
        .click();
      await visitor.sees('Nobody else may debit this account');
      await visitor.button('Fetch and verify').click();
      await visitor.sees('The statement is genuine and complete');
      await visitor.page.getByRole('row', { name: /Transfer.*6\.20.*993\.80/ }).waitFor();
      await visitor.picture('account');
      const [download] = await Promise.all([
        visitor.page.waitForEvent('download'),
        visitor.button('Download JSON').click(),
      ]);
      const statementFile = await download.path();
      accountPath = new URL(visitor.page.url()).pathname;
      await visitor.page.getByRole('tab', { name: 'Register' }).click();
      await visitor.sees('Nothing was ever frozen');
      await visitor.sees('No record yet');
      await visitor.picture('register-empty');
      await visitor.page.goto(`${platform.url}/verify`);
      await visitor.page.setInputFiles('input[type=file]', statementFile);
      await visitor.sees('The statement is genuine and complete');
      await visitor.picture('verify-statement');
      const forged = JSON.parse(readFileSync(statementFile, 'utf8'));
      forged[0].lines.splice(1, 1);
      const buffer = Buffer.from(JSON.stringify(forged));
      await visitor.page.setInputFiles('input[type=file]', { name: 'cut.json', mimeType: 'application/json', buffer });
      await visitor.sees('The statement proves nothing');
    });

    it('backs up, checks a backup and drills, and shows what was compared', async () => {
      await visitor.page.goto(`${platform.url}${ledgerPath}/backups`);
      await visitor.sees('Shipping');
      await visitor.sees('No backup was asked for yet');
      await visitor.picture('backups-empty');
      await visitor.button('Back up now').click();
      await visitor.page.getByRole('row', { name: /Backup height-\d+ Up to height/ }).waitFor();
      await visitor.button('Check').click();
      await visitor.page.getByRole('row', { name: /Check height-\d+ Equal/ }).waitFor();
      await visitor.button('Drill now').click();
      await visitor.page.getByRole('row', { name: /Drill height-\d+ Equal/ }).waitFor();
      await visitor.picture('backups');
      await visitor.button('What was compared').click();
      await visitor.sees('What was restored is what the ledger holds');
      await visitor.picture('drill');
      await visitor.page.keyboard.press('Escape');
    });

    it('forks the ledger, and shows where the fork comes from', async () => {
      await visitor.button('Fork or restore').click();
      const dialog = visitor.page.getByRole('dialog');
      await dialog.getByLabel('Name', { exact: true }).fill('Rehearsal');
      await dialog.getByText('Height', { exact: true }).click();
      await dialog.getByLabel('Height of the last block').fill('999999999');
      await dialog.getByText('Time', { exact: true }).click();
      await visitor.picture('dialog-fork-time');
      await dialog.getByText('Newest block').click();
      await visitor.picture('dialog-fork');
      await dialog.getByRole('button', { name: 'Make the ledger' }).click();
      await visitor.sees(/at height \d/);
      await visitor.sees('1 of 1');
      await visitor.sees('Recovery point');
      await visitor.picture('overview-fork');
      await visitor.page.getByRole('tab', { name: 'Accounts' }).click();
      await visitor.sees('993.80');
      await visitor.page.getByRole('tab', { name: 'Backups' }).click();
      await visitor.sees('This ledger is not archived');
      await visitor.picture('backups-off');
    });

    it('books a payment file line by line', async () => {
      await visitor.page.goto(`${platform.url}${ledgerPath}/payments`);
      await visitor.sees('Drop a pain.001 file here');
      const buffer = Buffer.from(paymentFile);
      await visitor.page.setInputFiles('input[type=file]', {
        name: 'salaries.xml',
        mimeType: 'application/xml',
        buffer,
      });
      await visitor.sees('The file states 4 payments but holds 3');
      await visitor.picture('payments-count');
      await visitor.button('3 is right').click();
      await visitor.sees('3 accounts to open');
      await visitor.sees('Rejected AM03');
      await visitor.picture('payments-planned');
      await visitor.button('Open 3 accounts').click();
      await visitor.sees('Helvetia Works lacks 10.00 CHF');
      await visitor.button('Issue the missing amount').click();
      await visitor.page.getByText('Helvetia Works lacks').waitFor({ state: 'hidden' });
      await visitor.button('Sign and submit 2 payments').click();
      await visitor.sees('The file is booked');
      await visitor.page.getByText('Booked', { exact: true }).nth(1).waitFor();
      expect(await visitor.page.getByText('Booked', { exact: true }).count()).toBe(2);
      await visitor.picture('payments-booked');
      const [download] = await Promise.all([
        visitor.page.waitForEvent('download'),
        visitor.button('Download pain.002').click(),
      ]);
      const report = readFileSync(await download.path(), 'utf8');
      expect(report.match(/<TxSts>\w+<\/TxSts>/g)).toEqual([
        '<TxSts>ACSC</TxSts>',
        '<TxSts>RJCT</TxSts>',
        '<TxSts>ACSC</TxSts>',
      ]);
    });

    it('books no payment twice when the file comes again', async () => {
      await visitor.page.reload();
      const buffer = Buffer.from(paymentFile.replace('<NbOfTxs>4', '<NbOfTxs>3'));
      await visitor.page.setInputFiles('input[type=file]', { name: 'again.xml', mimeType: 'application/xml', buffer });
      await visitor.sees('This message is on the ledger already');
      await visitor.button('Sign and submit 2 payments').click();
      await visitor.page.getByText('Booked before').nth(1).waitFor();
      expect(await visitor.page.getByText('Booked before').count()).toBe(2);
      await visitor.page.getByRole('tab', { name: 'Accounts' }).click();
      await visitor.sees('-1,010.00');
    });

    const sign = async (): Promise<void> => {
      const dialog = visitor.page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Sign and submit' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };

    it('freezes an account with a reason, gives a mandate on it and takes both back', async () => {
      await visitor.page.goto(`${platform.url}${accountPath}`);
      await visitor.button('Freeze').click();
      await visitor.page.getByRole('dialog').getByLabel('Reason').fill('Court order 12/2026');
      await visitor.sees('1 of 1 keys must sign; 1 of them can sign in this browser.');
      await visitor.picture('dialog-freeze');
      await sign();
      await visitor.sees('Frozen: Court order 12/2026');
      await visitor.button('Lift freeze').click();
      await visitor.page.getByRole('dialog').getByLabel('Reason').fill('Order withdrawn');
      await sign();
      await visitor.button('Freeze').waitFor();
      await visitor.button('Give a mandate').click();
      const dialog = visitor.page.getByRole('dialog');
      await dialog.getByLabel('Per transfer').fill('25.00');
      await dialog.getByLabel('Transfers in it').fill('3');
      await visitor.picture('dialog-mandate');
      await sign();
      const row = visitor.page.getByRole('row', { name: /星河商贸 Any account 25\.00 No bound · 3 times/ });
      await row.waitFor();
      await visitor.picture('account-mandate');
      await row.getByRole('button', { name: 'Revoke' }).click();
      await sign();
      await visitor.page.getByRole('row', { name: /星河商贸.*Revoked/ }).waitFor();
    });

    it('bounds an asset and proves its supply', async () => {
      await visitor.page.goto(`${platform.url}${ledgerPath}/assets`);
      await visitor.page.getByRole('row', { name: /CHF/ }).getByRole('button', { name: 'Policy' }).click();
      const dialog = visitor.page.getByRole('dialog');
      await visitor.choose(dialog.getByLabel('Issuing'), 'Capped');
      await dialog.getByLabel('Most in circulation').fill('5000.00');
      await visitor.picture('dialog-policy');
      await sign();
      await visitor.page.getByRole('row', { name: /CHF.*at most 5,000\.00/ }).waitFor();
      await visitor.page.getByRole('tab', { name: 'Transfers' }).click();
      await visitor.page.getByRole('button', { name: /^(swap )?Transfer$/ }).click();
      await dialog.getByLabel('To (credit)').click();
      await visitor.page.locator('.ant-select-item-option').filter({ hasText: '星河商贸' }).click();
      await dialog.getByLabel('Amount').fill('1.00');
      await sign();
      await visitor.page.getByRole('tab', { name: 'Assets' }).click();
      await visitor.button('Prove supply').click();
      await visitor.button('Put on the ledger and verify').click();
      await visitor.sees('1.00 CHF in circulation');
      await visitor.sees(/signed by 3 of 4 replicas|signed by 4 of 4 replicas/);
      await visitor.picture('supply-proven');
    });

    it('changes keys without a gap, freezes a party with M of N, and puts a document on record', async () => {
      await visitor.page.goto(`${platform.url}${ledgerPath}/parties`);
      const shop = visitor.page.getByRole('row', { name: /星河商贸/ });
      await shop.getByRole('button', { name: 'Keys' }).click();
      const fate = visitor.page.getByRole('dialog').getByLabel('What becomes of the key').first();
      await visitor.choose(fate, 'Removed at once');
      await visitor.picture('dialog-keys');
      await sign();
      await visitor.page.getByRole('row', { name: /星河商贸.*2 of 2.*From this browser/ }).waitFor();
      const operator = visitor.page.getByRole('row', { name: /Operator/ });
      await operator.getByRole('button', { name: 'Keys' }).click();
      await visitor.page.getByRole('dialog').getByLabel('Signatures needed').fill('2');
      await sign();
      await visitor.page.getByRole('row', { name: /Operator.*2 of 2.*From this browser/ }).waitFor();
      await shop.getByRole('button', { name: 'Freeze' }).click();
      await visitor.page.getByRole('dialog').getByLabel('Reason').fill('Sanctions list of 22 November');
      await visitor.sees('2 of 2 keys must sign; 2 of them can sign in this browser.');
      await sign();
      await visitor.sees('Frozen: Sanctions list of 22 November');
      await visitor.picture('parties-frozen');
      await visitor.page.goto(`${platform.url}${ledgerPath}/register`);
      await visitor.page.getByRole('row', { name: /Court order 12\/2026.*Order withdrawn/ }).waitFor();
      await visitor.button('Put on record').click();
      const buffer = Buffer.from('a deed');
      await visitor.page.setInputFiles('input[type=file]', { name: 'deed.pdf', mimeType: 'application/pdf', buffer });
      const dialog = visitor.page.getByRole('dialog');
      await eventually(
        () => dialog.getByLabel('Hash').inputValue(),
        (hash) => /^[0-9a-f]{64}$/.test(hash),
      );
      await dialog.getByLabel('About', { exact: true }).fill('7a');
      await visitor.picture('dialog-record');
      await sign();
      await visitor.page.getByRole('row', { name: /deed\.pdf/ }).waitFor();
      await visitor.picture('register');
    });

    it('shows refusals with code and request id, and an address that leads nowhere', async () => {
      await visitor.button('Scale').click();
      await visitor.page.getByRole('dialog').getByRole('button', { name: 'Scale' }).click();
      await visitor.sees('Too few workers have room');
      await visitor.sees(/FLEET_WORKERS_SHORT · \S+/);
      await visitor.picture('refusal');
      await visitor.page.goto(`${platform.url}/ledgers/00000000-0000-4000-8000-000000000000`);
      await visitor.sees('There is no such ledger');
      await visitor.page.goto(`${platform.url}/nowhere`);
      await visitor.sees('Nothing here');
      await visitor.picture('not-found');
    });

    it('retires a ledger whose name was typed', async () => {
      await visitor.page.goto(`${platform.url}/ledgers/new`);
      await visitor.page.getByText('Sandbox', { exact: true }).click();
      await visitor.page.getByLabel('Name', { exact: true }).fill('Scratch');
      await visitor.button('Make key and create ledger').click();
      await visitor.sees('1 of 1');
      await visitor.sees(/Expires in/);
      await visitor.button('Retire').click();
      const dialog = visitor.page.getByRole('dialog');
      const retire = dialog.getByRole('button', { name: 'Retire' });
      expect(await retire.isDisabled()).toBe(true);
      await dialog.getByRole('textbox').fill('Scratch');
      await visitor.picture('retire');
      await retire.click();
      await visitor.sees('This ledger is retired and its keys are destroyed');
      await visitor.picture('retired');
    });

    it('makes an API key that is shown once', async () => {
      await visitor.page.goto(`${platform.url}/api-keys`);
      await visitor.sees('No API key yet');
      await visitor.button('Create API key').click();
      await visitor.page.getByLabel('Name', { exact: true }).fill('nightly build');
      await visitor.page.getByRole('dialog').getByRole('button', { name: 'Create API key' }).click();
      await visitor.sees('it is never shown again');
      const key = (await visitor.page.locator('.snippet').innerText()).trim();
      expect(key).toMatch(/^qk_/);
      const answer = await fetch(`${platform.url}/v1/ledgers`, { headers: { authorization: `Bearer ${key}` } });
      expect(answer.status).toBe(200);
      await visitor.button('I have saved it').click();
      await visitor.page.getByRole('row', { name: /nightly build/ }).waitFor();
      expect(await visitor.page.getByText(key).count()).toBe(0);
      await visitor.picture('api-keys');
    });

    it('speaks Chinese from then on when told so', async () => {
      await visitor.button('Language').click();
      await visitor.page.getByRole('menuitem', { name: '简体中文' }).click();
      await visitor.sees('API 密钥');
      await visitor.page.goto(`${platform.url}${ledgerPath}`);
      await visitor.sees('信任锚');
      expect(await visitor.page.locator('html').getAttribute('lang')).toBe('zh-CN');
      await visitor.picture('overview-chinese');
      await visitor.page.goto(`${platform.url}/ledgers/new`);
      await visitor.sees('运营方密钥在此浏览器中生成');
      await visitor.picture('create-ledger-chinese');
      await visitor.page.goto(`${platform.url}${ledgerPath}/transfers`);
      await visitor.page.getByRole('button', { name: '回执' }).first().click();
      await visitor.button('在此浏览器中验证').click();
      await visitor.sees('回执真实有效');
      await visitor.picture('receipt-chinese');
      await visitor.page.goto(`${platform.url}${accountPath}`);
      await visitor.button('获取并验证').click();
      await visitor.sees('对账单真实且完整');
      await visitor.picture('account-chinese');
      await visitor.page.goto(`${platform.url}${ledgerPath}/register`);
      await visitor.sees('解除原因');
      await visitor.sees('deed.pdf');
      await visitor.picture('register-chinese');
      await visitor.page.goto(`${platform.url}${ledgerPath}/backups`);
      await visitor.sees('归档中');
      await visitor.picture('backups-chinese');
    });

    it('never failed in the browser and never asked anybody else for anything', () => {
      expect(visitor.complaints).toEqual([]);
    });
  });

  describe('for the administrator of the platform', () => {
    let visitor: Visitor;

    beforeAll(async () => {
      visitor = await Visitor.arrive(browser, platform, screenshots);
    });

    afterAll(() => visitor?.leave());

    it('insists on a password of the administrator’s own', async () => {
      const { email, password: oneTime } = platform.admin;
      await visitor.fill({ 'E-mail': email, Password: 'wrong wrong wrong' });
      await visitor.button('Log in').click();
      await visitor.sees('E-mail or password is wrong');
      await visitor.fill({ 'E-mail': email, Password: oneTime });
      await visitor.button('Log in').click();
      await visitor.sees('This is a one-time password.');
      await visitor.page.goto(`${platform.url}/fleet`);
      await visitor.sees('This is a one-time password.');
      await visitor.picture('password');
      await visitor.fill({ 'Current password': oneTime, 'New password': password, 'New password again': password });
      await visitor.button('Change password').click();
      await visitor.sees('Workers carry the replicas');
    });

    it('shows the fleet, adds a worker, drains one and lists tenants and ledgers', async () => {
      await visitor.page.getByRole('row', { name: /worker-4/ }).waitFor();
      await visitor.picture('fleet');
      await visitor.button('Add workers').click();
      const adding = visitor.page.getByRole('dialog');
      await adding.getByRole('button', { name: 'Add workers' }).click();
      await adding.waitFor({ state: 'hidden' });
      await visitor.page.getByRole('row', { name: /worker-5.*Active/ }).waitFor();
      await visitor.page
        .getByRole('row', { name: /worker-4/ })
        .getByRole('button', { name: 'Drain' })
        .click();
      const draining = visitor.page.getByRole('dialog');
      await draining.getByRole('button', { name: 'Drain' }).click();
      await draining.waitFor({ state: 'hidden' });
      await visitor.page.getByRole('row', { name: /worker-4.*Draining/ }).waitFor();
      // What the drained worker carried goes to the new one.
      await visitor.page.getByRole('row', { name: /worker-4.*Draining.* 0 of/ }).waitFor();
      await visitor.page.getByRole('link', { name: 'Tenants' }).click();
      await visitor.sees('Helvetia Works');
      await visitor.picture('tenants');
      await visitor.page.getByRole('link', { name: 'Ledgers' }).click();
      await visitor.sees('Treasury');
      const treasury = visitor.page.getByRole('row', { name: /Treasury.*Ready/ });
      await treasury.getByText('Well').waitFor();
      await visitor.picture('fleet-ledgers');
      await treasury.getByRole('button', { name: 'Details' }).click();
      await visitor.sees('No replica ever contradicted itself');
      await visitor.button('New key').click();
      await visitor.picture('fleet-ledger');
      await visitor.page.keyboard.press('Escape');
      await visitor.page.getByRole('row', { name: /Treasury.*Ready\s+Standard\s+4\s+3\s/ }).waitFor();
      await treasury.getByRole('button', { name: 'Scale' }).click();
      const dialog = visitor.page.getByRole('dialog');
      await dialog.getByLabel('Replicas').click();
      await visitor.page.getByTitle('1 replica', { exact: true }).click();
      await dialog.getByRole('button', { name: 'Scale' }).click();
      await visitor.page.getByRole('row', { name: /Treasury.*Ready\s+Standard\s+1\s+4\s/ }).waitFor();
    });

    it('draws a ledger for a drill, and keeps the report', async () => {
      await visitor.page.getByRole('link', { name: 'Drills' }).click();
      await visitor.sees(/every 6 hours/);
      await visitor.button('Drill now').click();
      await visitor.page
        .getByRole('row', { name: /Drill Treasury height-\d+ Equal/ })
        .nth(1)
        .waitFor();
      await visitor.picture('fleet-drills');
    });

    it('never failed in the browser', () => {
      expect(visitor.complaints).toEqual([]);
    });
  });
});
