import { Option } from 'commander';
import { CommandInput } from './command';
import { COMMANDS } from './program';
import { amountArgument, amountOrZeroArgument } from './submit';

const options = new Set(COMMANDS.flatMap((command) => (command.options ?? []).map((option) => option.flags)));

describe('the values of a call', () => {
  it.each([...options])('holds what %s was given', (flags) => {
    const option = new Option(flags);
    const name = option.long?.slice(2) ?? '';
    const takesValue = option.required || option.optional;
    const input = new CommandInput([], { [option.attributeName()]: takesValue ? 'given' : true });
    expect(takesValue ? input.optionalText(name) : input.flag(name)).toBe(takesValue ? 'given' : true);
  });
});

describe('an amount', () => {
  it('may be zero only where that is asked for', () => {
    expect(amountOrZeroArgument('0.00', 2)).toBe(0n);
    expect(amountArgument('0.01', 2)).toBe(1n);
    expect(() => amountArgument('0', 2)).toThrow('above zero');
  });

  it.each(['-1', '0.001', 'x', ''])('is not "%s"', (text) => {
    expect(() => amountOrZeroArgument(text, 2)).toThrow('not negative with at most 2 decimals');
  });
});
