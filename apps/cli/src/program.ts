import { Command, CommanderError, Option } from 'commander';
import { COMMON_OPTIONS, CommandInput, type CommandSpec, type OptionSpec } from './command';
import { accountCommands } from './commands/account';
import { assetCommands } from './commands/asset';
import { backupCommands } from './commands/backup';
import { fleetCommands } from './commands/fleet';
import { forkCommands } from './commands/fork';
import { keyCommands } from './commands/key';
import { ledgerCommands } from './commands/ledger';
import { mandateCommands } from './commands/mandate';
import { partyCommands } from './commands/party';
import { partyAuthorityCommands } from './commands/party-authority';
import { partyKeysCommands } from './commands/party-keys';
import { paymentCommands } from './commands/payment';
import { evidenceCommands } from './commands/evidence';
import { recordCommands } from './commands/record';
import { receiptCommands } from './commands/receipt';
import { statementCommands } from './commands/statement';
import { sessionCommands } from './commands/session';
import { transferCommands } from './commands/transfer';
import { CommandContext } from './context';
import { CliFailure, exitNumber, explainFailure } from './exit-codes';
import { Terminal } from './terminal';

/** Every command, in the order of the reference page. */
export const COMMANDS: readonly CommandSpec[] = [
  ...sessionCommands,
  ...ledgerCommands,
  ...forkCommands,
  ...backupCommands,
  ...keyCommands,
  ...partyCommands,
  ...partyAuthorityCommands,
  ...partyKeysCommands,
  ...assetCommands,
  ...accountCommands,
  ...transferCommands,
  ...mandateCommands,
  ...recordCommands,
  ...evidenceCommands,
  ...paymentCommands,
  ...receiptCommands,
  ...statementCommands,
  ...fleetCommands,
];

const INTERRUPT_GRACE_MS = 500;

const GROUPS: Readonly<Record<string, string>> = {
  ledger: 'create, watch and delete ledgers',
  key: 'signing keys kept on this machine',
  party: 'legal entities on a ledger',
  asset: 'currencies and other assets of a ledger',
  account: 'accounts of a ledger',
  transfer: 'bookings on a ledger',
  mandate: 'who may debit whose account',
  freeze: 'what is frozen on a ledger',
  record: 'documents anchored on a ledger',
  evidence: 'what replicas of a ledger did wrong',
  payment: 'ISO 20022 payment files',
  receipt: 'proofs of results',
  fleet: 'all ledgers and replicas, for administrators',
};

/** Runs one command line; resolves to the exit code. */
export async function runProgram(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const terminal = new Terminal(wantsJson(words) ? 'json' : 'table');
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(exitNumber('interrupted'));
    interruption.abort();
    // What cannot be cancelled, such as waiting for standard input, ends here.
    setTimeout(() => {
      terminal.failure(new CliFailure('interrupted', 'INTERRUPTED', 'interrupted'), exitNumber('interrupted'));
      process.exit(exitNumber('interrupted'));
    }, INTERRUPT_GRACE_MS).unref();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const program = buildProgram(new CommandContext(environment, terminal, interruption.signal));
    await program.parseAsync(words, { from: 'user' });
    return exitNumber('ok');
  } catch (error) {
    if (error instanceof CommanderError) return explainUsage(error, terminal);
    const failure = interruption.signal.aborted
      ? new CliFailure('interrupted', 'INTERRUPTED', 'interrupted')
      : explainFailure(error);
    const exitCode = exitNumber(failure.exit);
    terminal.failure(failure, exitCode);
    return exitCode;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** Known before parsing, so that even a mistyped command answers in the format that was asked for. */
function wantsJson(words: readonly string[]): boolean {
  return words.some((word, index) => word === '--output=json' || (word === '--output' && words[index + 1] === 'json'));
}

function explainUsage(error: CommanderError, terminal: Terminal): number {
  if (error.exitCode === 0) return exitNumber('ok');
  if (error.code === 'commander.help') return exitNumber('usage');
  const detail = error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  terminal.failure(new CliFailure('usage', 'USAGE', detail, { hint: 'See `quorate --help`.' }), exitNumber('usage'));
  return exitNumber('usage');
}

function buildProgram(context: CommandContext): Command {
  const program = prepared(new Command('quorate'))
    .description('Ledgers, payments and proofs on Quorate.')
    .helpCommand(false);
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [first, second] = spec.words;
    if (second === undefined) {
      addCommand(program, first, spec, context);
      continue;
    }
    const group = groups.get(first) ?? prepared(program.command(first)).description(GROUPS[first] ?? '');
    groups.set(first, group);
    addCommand(group, second, spec, context);
  }
  return program;
}

function prepared(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true);
}

function addCommand(parent: Command, word: string, spec: CommandSpec, context: CommandContext): void {
  const command = prepared(parent.command(word)).description(spec.summary);
  for (const argument of spec.arguments ?? []) {
    command.argument(argument.optional ? `[${argument.name}]` : `<${argument.name}>`, argument.description);
  }
  for (const option of [...(spec.options ?? []), ...COMMON_OPTIONS]) command.addOption(optionOf(option));
  if (spec.example !== undefined) command.addHelpText('after', `\nExample:\n  ${spec.example}`);
  command.action(async (...values: unknown[]) => {
    const positional = command.args.slice(0, values.length - 2);
    await spec.run(context, new CommandInput(positional, command.opts()));
  });
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.fallback !== undefined) option.default(spec.fallback);
  if (spec.required === true) option.makeOptionMandatory();
  return option;
}
