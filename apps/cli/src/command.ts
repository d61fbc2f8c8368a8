import type { CommandContext } from './context';
import { CliFailure } from './exit-codes';

/** One option of a command, as commander takes it and as the reference page prints it. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  readonly fallback?: string;
}

/** One positional argument. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
}

/** One command: its words, what it takes and what it does. The reference page is generated from this. */
export interface CommandSpec {
  readonly words: readonly string[];
  readonly summary: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly example?: string;
  readonly run: (context: CommandContext, input: CommandInput) => Promise<void>;
}

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--output <format>',
    description: 'how results and errors are written',
    choices: ['table', 'json'],
    fallback: 'table',
  },
];

/** Which ledger a command speaks to. */
export const LEDGER_OPTION: OptionSpec = {
  flags: '--ledger <id>',
  description: 'id or name of the ledger; else QUORATE_LEDGER, else the ledger created last from here',
};

/** Rows that one list command shows; they come in pages of up to a hundred. */
const LIST_ROWS_MAX = 10_000;
export const PAGE_ROWS_MAX = 100;

/** How many rows a list shows. */
export const limitOption = (fallback: number): OptionSpec => ({
  flags: '--limit <count>',
  description: `at most this many, up to ${LIST_ROWS_MAX} (${fallback})`,
});

/** What a read waits for. */
export const FENCE_OPTION: OptionSpec = {
  flags: '--fence',
  description: 'show everything that was acknowledged to anybody before this command',
};

/** Whose signature an envelope carries. */
export const SIGNING_OPTIONS: readonly OptionSpec[] = [
  { flags: '--as <party>', description: 'id of the party that signs; else the operator of the ledger' },
  {
    flags: '--key <files>',
    description:
      'key file to sign with, or several with commas where the party needs them; else QUORATE_KEY_FILE, else the key kept here',
  },
];

/** The values of one call. */
export class CommandInput {
  constructor(
    private readonly positional: readonly string[],
    private readonly named: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
  ) {}

  argument(index: number): string {
    return this.positional[index] ?? '';
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw new CliFailure('usage', 'USAGE', `--${name} is missing`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.named[camel(name)];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.named[camel(name)] === true;
  }

  /** A whole number within bounds. */
  count(name: string, minimum: number, maximum: number): number | undefined {
    const value = this.optionalText(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d{1,10}$/.test(value) && number >= minimum && number <= maximum) return number;
    throw new CliFailure(
      'usage',
      'USAGE',
      `--${name} must be a whole number from ${minimum} to ${maximum}, not "${value}"`,
    );
  }

  /** How many rows a list shows at most. */
  rows(fallback: number): number {
    return this.count('limit', 1, LIST_ROWS_MAX) ?? fallback;
  }

  /** A duration such as 45s, 30m, 2h, in milliseconds. */
  duration(name: string): number | undefined {
    const value = this.optionalText(name);
    if (value === undefined) return undefined;
    const match = /^(\d{1,6})(ms|s|m|h|d)$/.exec(value);
    if (match === null)
      throw new CliFailure('usage', 'USAGE', `--${name} must be a duration such as 45s, 30m or 2h, not "${value}"`);
    return Number(match[1]) * UNITS_MS[match[2]];
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The name under which commander keeps an option: digits follow a hyphen, too. */
function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_match, first: string) => first.toUpperCase());
}
