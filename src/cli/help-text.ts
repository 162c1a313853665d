import type { Command } from './command.js';
import { COMMAND_NAMES, commandNamed, type CommandName } from './commands.js';

const PROGRAM = 'circuit-breaker';

/** All commands, a line each. */
export function overview(): string {
  const rows = COMMAND_NAMES.map((name) => [usage(name), commandNamed(name).summary] as const);
  return [
    `${PROGRAM}: durable AI agents on Temporal`,
    '',
    ...table(rows),
    '',
    `${PROGRAM} help COMMAND, or COMMAND --help, says more of one. --version says which version this is.`,
    '',
  ].join('\n');
}

/** Everything about one command. */
export function commandHelp(name: CommandName): string {
  const command = commandNamed(name);
  return [
    `${usage(name)}: ${command.summary}`,
    '',
    command.description,
    ...section('Options', optionRows(command)),
    ...section('Variables that matter most (.env.example has all)', Object.entries(command.variables)),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
    `In a clone of the repository it is ${command.script}; what comes behind -- is for the command.`,
    '',
  ].join('\n');
}

function usage(name: CommandName): string {
  const { operand } = commandNamed(name);
  const operands = (operand?.split(' ') ?? []).map((each) => ` [${each}]`);
  return `${PROGRAM} ${name}${operands.join('')}`;
}

function optionRows({ options }: Command): readonly (readonly [string, string])[] {
  const own = Object.entries(options).map(
    ([name, { value, meaning }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, meaning] as const,
  );
  return [...own, ['-h, --help', 'this text']];
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  return ['', `${title}:`, ...table(rows)];
}

/** What is long gets a line of its own, with its meaning below it. */
function table(rows: readonly (readonly [name: string, meaning: string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length).filter((length) => length <= WIDEST)) + 2;
  return rows.map(([name, meaning]) =>
    name.length <= WIDEST ? `  ${name.padEnd(width)}${meaning}` : `  ${name}\n  ${' '.repeat(width)}${meaning}`,
  );
}

const WIDEST = 32;
