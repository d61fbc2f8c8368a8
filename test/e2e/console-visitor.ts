import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { keepOnFailure } from '../platform/failures';

const browserFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const widths = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

const chromiumPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** How long a page may take to show something: for the slowest machine that runs the tests, since no test measures time. */
const waitMsMax = 120_000;

/** A list is asked to unfold again after this, and at most this often. */
const choiceMs = 5_000;
const choicesMax = 20;

const layoutPauseMs = 350;
const layoutLooksMax = 20;
const answersMax = 50;

/** The Chromium of this machine; QUORATE_CHROMIUM names one that is elsewhere. */
export function findChromium(): string | undefined {
  return [process.env.QUORATE_CHROMIUM ?? '', ...chromiumPaths].find((path) => path !== '' && existsSync(path));
}

export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: browserFlags,
    env: { ...process.env, HOME: process.env.HOME ?? '/tmp' },
  });
}

/** A person with a browser of their own, who notices when a page complains or reaches for the outside. */
export class Visitor {
  readonly complaints: string[] = [];
  /** The newest answers other than successes. */
  private readonly answers: string[] = [];
  private readonly forget: () => void;

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly origins: readonly string[],
    private readonly screenshots: string,
  ) {
    this.forget = keepOnFailure((folder) => this.testify(folder));
  }

  static async arrive(
    browser: Browser,
    platform: { readonly url: string; readonly gatewayUrl: string },
    screenshots: string,
  ): Promise<Visitor> {
    const context = await browser.newContext({ viewport: widths.desktop, locale: 'en-GB', acceptDownloads: true });
    context.setDefaultTimeout(waitMsMax);
    const page = await context.newPage();
    const origins = [platform.url, platform.gatewayUrl].map((url) => new URL(url).origin);
    mkdirSync(screenshots, { recursive: true });
    const visitor = new Visitor(context, page, origins, screenshots);
    visitor.listen();
    await page.goto(platform.url);
    return visitor;
  }

  private listen(): void {
    this.page.on('pageerror', (error) => this.complaints.push(`page error: ${error.message}`));
    this.page.on('console', (message) => {
      // The browser itself logs each answer that is no success; the specs look at what the page makes of it.
      const isAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isAnswer) this.complaints.push(`console: ${message.text()}`);
    });
    this.page.on('response', (response) => {
      if (response.status() < 400) return;
      this.answers.push(`${response.status()} ${response.request().method()} ${response.url()}`);
      if (this.answers.length > answersMax) this.answers.shift();
    });
    this.page.on('request', (request) => {
      const url = new URL(request.url());
      const isInside = ['data:', 'blob:'].includes(url.protocol) || this.origins.includes(url.origin);
      if (!isInside) this.complaints.push(`request to ${url.href}`);
    });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name }).first();
  }

  /** Fills the fields of a form by their labels. */
  async fill(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(values)) await this.page.getByLabel(label, { exact: true }).fill(value);
  }

  /** Picks an entry of the list that a field unfolds. On a busy machine the list may fold up again before the pick: then once more. */
  async choose(field: Locator, entry: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await field.click();
      try {
        await this.page.getByTitle(entry).click({ timeout: choiceMs });
        return;
      } catch (error) {
        if (tries === choicesMax) throw error;
      }
    }
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ state: 'visible' });
  }

  /** Pictures of the page as it is now, wide and narrow; a page that can be scrolled sideways is a complaint. */
  async picture(name: string): Promise<void> {
    for (const [device, size] of Object.entries(widths)) {
      await this.page.setViewportSize(size);
      const excess = await this.settledExcess();
      if (excess > 0) this.complaints.push(`${name} is ${excess} px too wide on a ${device}`);
      await this.page.screenshot({ path: join(this.screenshots, `${name}-${device}.png`) });
    }
    await this.page.setViewportSize(widths.desktop);
  }

  /** By how much the page is wider than its window, once it has found its layout. */
  private async settledExcess(): Promise<number> {
    for (let looks = 0; ; looks += 1) {
      await this.page.waitForTimeout(layoutPauseMs);
      const excess = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (excess <= 0 || looks === layoutLooksMax) return excess;
    }
  }

  /** What the page looks like and says now, for whoever has to find out why a test failed. */
  async testify(folder: string): Promise<void> {
    await this.page.screenshot({ path: join(folder, 'page.png') });
    const text = await this.page.evaluate(() => document.body.innerText);
    writeFileSync(join(folder, 'page.txt'), [this.page.url(), text, ...this.complaints, ...this.answers].join('\n'));
  }

  async leave(): Promise<void> {
    this.forget();
    await this.context.close();
  }
}
