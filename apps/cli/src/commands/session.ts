import { hostname } from 'node:os';
import { createControlPlaneClient, type Member } from '@quorate/sdk';
import type { CommandInput, CommandSpec, OptionSpec } from '../command';
import { checkedUrl, type CommandContext } from '../context';
import { CliFailure } from '../exit-codes';

const KEY_DAYS_DEFAULT = 90;
const LOCAL_URL = 'http://localhost:8080';

const credentialOptions: readonly OptionSpec[] = [
  { flags: '--url <url>', description: `address of the platform; else QUORATE_URL, else ${LOCAL_URL}` },
  { flags: '--email <email>', description: 'e-mail address of the member' },
  { flags: '--password-stdin', description: 'read the password from standard input' },
  {
    flags: '--key-days <days>',
    description: `days after which the API key made for this machine expires (${KEY_DAYS_DEFAULT})`,
  },
];

/** Logs in once with the password and keeps only an API key made for this machine. */
async function keepLogin(
  context: CommandContext,
  input: CommandInput,
  url: string,
  email: string,
  password: string,
): Promise<void> {
  const { session, cookie } = await createControlPlaneClient({ url }).loginForCookie({ email, password });
  if (session.mustChangePassword) {
    throw new CliFailure(
      'auth',
      'PASSWORD_CHANGE_REQUIRED',
      'this password was given out once and must be changed first',
      {
        hint: `Log in to the console at ${url} and choose a new one.`,
      },
    );
  }
  const days = input.count('key-days', 1, 365) ?? KEY_DAYS_DEFAULT;
  const withCookie = createControlPlaneClient({ url, cookie });
  const key = await withCookie.createApiKey({ name: `quorate on ${hostname()}`.slice(0, 60), expiresInDays: days });
  context.settings.saveLogin({
    url,
    email,
    institution: session.tenant?.name ?? '',
    apiKey: key.key,
    apiKeyId: key.id,
    expiresAt: key.expiresAt,
  });
  await withCookie
    .logout()
    .catch(() => context.terminal.progress('The browser session could not be closed; it will expire.'));
  context.terminal.record({
    url,
    email,
    institution: session.tenant?.name ?? null,
    role: session.member.role,
    apiKeyExpiresAt: key.expiresAt,
    configuration: context.settings.directory,
  });
}

function platformUrl(context: CommandContext, input: CommandInput): string {
  return checkedUrl(input.optionalText('url') ?? context.environment.QUORATE_URL ?? LOCAL_URL);
}

async function signup(context: CommandContext, input: CommandInput): Promise<void> {
  const url = platformUrl(context, input);
  const institution = await context.terminal.answer(input.optionalText('institution'), 'Institution', '--institution');
  const email = await context.terminal.answer(input.optionalText('email'), 'E-mail', '--email');
  const password = await context.terminal.password(input.flag('password-stdin'));
  const { tenant } = await createControlPlaneClient({ url }).signup({ institution, email, password });
  context.terminal.progress(`Signed up ${tenant.name}.`);
  await keepLogin(context, input, url, email, password);
}

async function login(context: CommandContext, input: CommandInput): Promise<void> {
  const url = platformUrl(context, input);
  const email = await context.terminal.answer(input.optionalText('email'), 'E-mail', '--email');
  await keepLogin(context, input, url, email, await context.terminal.password(input.flag('password-stdin')));
}

async function logout(context: CommandContext): Promise<void> {
  const kept = context.settings.login();
  if (kept === null) return context.terminal.record({ loggedOut: false, apiKeyRevoked: false });
  let revoked = true;
  try {
    await createControlPlaneClient({ url: kept.url, apiKey: kept.apiKey, attemptsMax: 1 }).revokeApiKey(kept.apiKeyId);
  } catch (error) {
    revoked = false;
    const why = error instanceof Error ? error.message : String(error);
    context.terminal.progress(`The API key could not be revoked (${why}); it expires ${kept.expiresAt}.`);
  }
  context.settings.forgetLogin();
  context.terminal.record({ loggedOut: true, apiKeyRevoked: revoked });
}

async function whoami(context: CommandContext): Promise<void> {
  const session = await context.controlPlane().me();
  // An API key acts for the institution and is no member; the member who made it is only known here.
  const member = session.member as Member | null;
  const kept = context.environment.QUORATE_API_KEY === undefined ? context.settings.login() : null;
  context.terminal.record({
    url: context.url(),
    institution: session.tenant?.name ?? null,
    credential: member === null ? 'API key' : member.role,
    email: member?.email ?? kept?.email ?? null,
    expiresAt: kept?.expiresAt ?? null,
  });
}

export const sessionCommands: readonly CommandSpec[] = [
  {
    words: ['signup'],
    summary: 'Sign up an institution and log in as its owner.',
    options: [{ flags: '--institution <name>', description: 'name of the institution' }, ...credentialOptions],
    example: 'quorate signup --institution "Bank of Example" --email owner@example.org --password-stdin < password.txt',
    run: signup,
  },
  {
    words: ['login'],
    summary: 'Log in and keep an API key for this machine.',
    options: credentialOptions,
    example: 'quorate login --url https://quorate.example --email owner@example.org',
    run: login,
  },
  { words: ['logout'], summary: "Revoke this machine's API key and forget it.", run: logout },
  { words: ['whoami'], summary: 'Show who is logged in.', run: whoami },
];
