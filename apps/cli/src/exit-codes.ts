import { LedgerFailedError, LedgerWaitError, NetworkError, ProblemError } from '@quorate/sdk';

/** What each exit code says; scripts may rely on it. */
export const EXIT_CODES = [
  { code: 0, name: 'ok', meaning: 'Done.' },
  { code: 1, name: 'failure', meaning: 'The command failed for a reason without a code of its own.' },
  { code: 2, name: 'usage', meaning: 'The command line or its input is wrong; nothing was done.' },
  { code: 3, name: 'auth', meaning: 'Not logged in, or not allowed.' },
  { code: 4, name: 'notFound', meaning: 'The thing named does not exist, or belongs to someone else.' },
  { code: 5, name: 'conflict', meaning: 'It conflicts with what exists or with an earlier request.' },
  { code: 6, name: 'busy', meaning: 'Quota or rate limit reached, or the service or ledger is busy; try again later.' },
  { code: 7, name: 'timeout', meaning: 'Not finished within the time limit; it may still finish.' },
  { code: 8, name: 'verification', meaning: 'A proof does not hold.' },
  { code: 130, name: 'interrupted', meaning: 'Interrupted by the user.' },
] as const;

export type ExitName = (typeof EXIT_CODES)[number]['name'];

const byName = new Map<string, number>(EXIT_CODES.map(({ name, code }) => [name, code]));

/** The number of a named exit code. */
export function exitNumber(name: ExitName): number {
  return byName.get(name) ?? 1;
}

/** A failure in the words of this program: what happened and what to do about it. */
export class CliFailure extends Error {
  readonly hint: string;
  readonly requestId: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    readonly exit: ExitName,
    readonly code: string,
    detail: string,
    more: { readonly hint?: string; readonly requestId?: string; readonly facts?: Record<string, unknown> } = {},
  ) {
    super(detail);
    this.hint = more.hint ?? '';
    this.requestId = more.requestId;
    this.facts = more.facts ?? {};
  }
}

const hints: Readonly<Record<string, string>> = {
  CREDENTIALS_WRONG: 'Check e-mail and password.',
  PASSWORD_CHANGE_REQUIRED: 'Log in to the console once and choose a new password.',
  LEDGER_UNKNOWN: 'List your ledgers with `quorate ledger list`.',
  LEDGER_NOT_READY: 'Wait until it is ready: `quorate ledger get ID`.',
  LEDGER_UNAVAILABLE: 'The outcome is unknown; run the same command again, it cannot book twice.',
  EMAIL_TAKEN: 'Log in instead: `quorate login`.',
};

/** Turns anything thrown into a failure with an exit code and advice. */
export function explainFailure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  if (error instanceof ProblemError) return explainProblem(error);
  if (error instanceof NetworkError) {
    return new CliFailure('failure', error.code, error.message, {
      hint: 'Check QUORATE_URL or `quorate login --url`, and that the platform runs.',
    });
  }
  if (error instanceof LedgerWaitError) {
    return new CliFailure('timeout', error.code, error.message, { hint: 'Look again with `quorate ledger get`.' });
  }
  if (error instanceof LedgerFailedError) {
    return new CliFailure('failure', error.code, error.message, { hint: 'See why with `quorate ledger steps`.' });
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new CliFailure('interrupted', 'INTERRUPTED', 'interrupted');
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNEXPECTED';
  return new CliFailure('failure', code, error instanceof Error ? error.message : String(error));
}

function explainProblem(error: ProblemError): CliFailure {
  const fields = error.errors.map((field) => `${field.pointer} ${field.detail}`).join('; ');
  const detail = fields === '' ? error.detail : `${error.detail} (${fields})`;
  const hint = hints[error.code] ?? (error.status === 401 ? 'Log in with `quorate login` or set QUORATE_API_KEY.' : '');
  return new CliFailure(exitOf(error.status), error.code, detail, { hint, requestId: error.requestId });
}

function exitOf(status: number): ExitName {
  if (status === 400 || status === 413) return 'usage';
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'notFound';
  if (status === 409 || status === 422) return 'conflict';
  return status === 429 || status === 503 ? 'busy' : 'failure';
}
