import type { Command } from './command.js';
import { commandNamed, type CommandName } from './commands.js';
import { TERMINAL_COLUMNS, wrappedLines } from './wrapped-lines.js';

const PROGRAM = 'circuit-breaker';

/** Every command, by what it is for and in the order in which one needs them. */
export const COMMAND_GROUPS: Readonly<Record<string, readonly CommandName[]>> = {
  'To begin': ['demo', 'init', 'dev', 'doctor'],
  'Agents and workflows in a folder': ['validate', 'diff', 'apply', 'get'],
  'What runs': [
    'run',
    'tokens',
    'token',
    'fire',
    'incidents',
    'alerts',
    'retry',
    'cancel',
    'delete',
    'migrate',
    'rollout',
    'execute',
    'executions',
    'execution',
    'purge-cache',
  ],
  'Servers and their data': ['start', 'worker', 'api', 'backup', 'restore', 'reconcile', 'upgrade', 'audit'],
  'This command': ['completion'],
};

/** All commands, a line or a few each. */
export function overview(): string {
  const names = Object.values(COMMAND_GROUPS).flat();
  const width = widest(names.map(usage));
  const sections = Object.entries(COMMAND_GROUPS).flatMap(([title, group]) => {
    const rows = group.map((name) => [usage(name), commandNamed(name).summary] as const);
    return ['', `${title}:`, ...table(rows, width)];
  });
  const more = `${PROGRAM} help COMMAND, or COMMAND --help, says more of one. --version says which version this is.`;
  return [
    `${PROGRAM}: durable AI agents on Temporal`,
    ...sections,
    '',
    ...wrappedLines(more, TERMINAL_COLUMNS),
    '',
  ].join('\n');
}

/** Everything about one command. */
export function commandHelp(name: CommandName): string {
  const command = commandNamed(name);
  return [
    ...wrappedLines(`${PROGRAM} ${usage(name)}: ${command.summary}`, TERMINAL_COLUMNS),
    '',
    ...wrappedLines(command.description, TERMINAL_COLUMNS),
    ...section('Options', optionRows(command)),
    ...section('Variables that matter most (.env.example of the package has all)', Object.entries(command.variables)),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    ...scriptLines(name, command),
    '',
  ].join('\n');
}

function usage(name: CommandName): string {
  const { operand } = commandNamed(name);
  const operands = (operand?.split(' ') ?? []).map((each) => ` [${each}]`);
  return `${name}${operands.join('')}`;
}

function optionRows({ options }: Command): readonly (readonly [string, string])[] {
  const own = Object.entries(options).map(
    ([name, { value, meaning }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, meaning] as const,
  );
  return [...own, ['-h, --help', 'this text']];
}

function scriptLines(name: CommandName, { script }: Command): readonly string[] {
  if (script === `npx ${PROGRAM} ${name}`) return [];
  const text = `In a clone of the repository it is also ${script}; what comes behind -- is for the command.`;
  return ['', ...wrappedLines(text, TERMINAL_COLUMNS)];
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  return ['', `${title}:`, ...table(rows, widest(rows.map(([name]) => name)))];
}

/** What is long gets a line of its own, with its meaning below it. */
function table(rows: readonly (readonly [name: string, meaning: string])[], width: number): readonly string[] {
  const indent = ' '.repeat(width);
  return rows.flatMap(([name, meaning]) => {
    const [first = '', ...rest] = wrappedLines(meaning, TERMINAL_COLUMNS - width);
    const begun = `  ${name}`;
    const lines = begun.length + 2 <= width ? [`${begun.padEnd(width)}${first}`] : [begun, `${indent}${first}`];
    return [...lines, ...rest.map((line) => `${indent}${line}`)];
  });
}

/** Where meanings begin beside these names. */
function widest(names: readonly string[]): number {
  return Math.max(...names.map((name) => name.length).filter((length) => length <= WIDEST)) + 4;
}

const WIDEST = 24;
