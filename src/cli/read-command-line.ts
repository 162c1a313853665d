import { parseArgs } from 'node:util';

import { nearestNames } from '../core/json/nearest-names.js';
import type { CommandOption, CommandRequest } from './command.js';
import { COMMAND_NAMES, commandNamed, isCommandName, type CommandName } from './commands.js';

/** What a command line asks for. */
export type Invocation =
  | { readonly type: 'run'; readonly command: CommandName; readonly request: CommandRequest }
  | { readonly type: 'help'; readonly command?: CommandName }
  | { readonly type: 'version' }
  | Misuse;

/** It cannot be done; the message says why, and what may have been meant. */
export interface Misuse {
  readonly type: 'misuse';
  readonly message: string;
  readonly command?: CommandName;
  /** Nothing was asked for. */
  readonly isWordless?: true;
}

const COMMAND_OPTIONS = Object.fromEntries(
  COMMAND_NAMES.flatMap((name) => Object.entries(commandNamed(name).options)).map(([name, { value }]) => [
    name,
    { type: value === undefined ? ('boolean' as const) : ('string' as const) },
  ]),
);
const FLAGS = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const;

/** Reads the words behind the program's name. `--help` is heard wherever it stands. */
export function readCommandLine(args: readonly string[]): Invocation {
  const completed = readCompletedLine(args);
  if (completed !== undefined) return completed;
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...COMMAND_OPTIONS, ...FLAGS },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const options = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const isAsked = (flag: keyof typeof FLAGS) => options.some(({ name }) => name === flag);
  const wantsHelp = isAsked('help') || words[0] === 'help';
  const [first, ...operands] = words[0] === 'help' ? words.slice(1) : words;
  if (first !== undefined && !isCommandName(first)) return misuse(unknownCommand(first));
  if (wantsHelp) return { type: 'help', ...(first === undefined ? {} : { command: first }) };
  if (isAsked('version')) return { type: 'version' };
  if (first !== undefined) return readRequest(first, operands, options);
  const [option] = options;
  if (option === undefined) return { type: 'misuse', message: 'Say what to do:', isWordless: true };
  return misuse(unknownOption(option, []));
}

/** `completion SHELL -- WORDS`: the words of another command line, whatever they are. Shells ask so. */
function readCompletedLine([command, shell = '', sign, ...words]: readonly string[]): Invocation | undefined {
  if (command !== 'completion' || sign !== '--') return undefined;
  return { type: 'run', command, request: { operands: [shell, ...words], options: {}, flags: new Set() } };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function readRequest(command: CommandName, operands: readonly string[], options: readonly OptionToken[]): Invocation {
  const { operand: takes, options: known } = commandNamed(command);
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  for (const option of options) {
    const { name, rawName, value } = option;
    if (!Object.hasOwn(known, name)) return misuse(unknownOption(option, Object.keys(known)), command);
    if (!isValued(known, name)) {
      if (value !== undefined) return misuse(`${rawName} takes no value.`, command);
      flags.add(name);
      continue;
    }
    if (value === undefined || value === '') return misuse(`${rawName} needs a value behind it.`, command);
    const before = known[name]?.isList === true ? values[name] : undefined;
    values[name] = before === undefined ? value : `${before},${value}`;
  }
  const names = takes?.split(' ') ?? [];
  const excess = operands[names.length];
  if (excess !== undefined) {
    const most = names.length === 0 ? 'only options' : names.length === 1 ? `one ${names.join()}` : names.join(' and ');
    return misuse(`"${excess}" is a word too many: ${command} takes ${most}.`, command);
  }
  return { type: 'run', command, request: { operands, options: values, flags } };
}

function isValued(known: Readonly<Record<string, CommandOption>>, name: string): boolean {
  return known[name]?.value !== undefined;
}

function misuse(message: string, command?: CommandName): Invocation {
  return { type: 'misuse', message, ...(command === undefined ? {} : { command }) };
}

function unknownCommand(name: string): string {
  return `There is no command "${name}".${suggestion(meantBy(name, [...COMMAND_NAMES, 'help']))}`;
}

function unknownOption({ name, rawName }: OptionToken, known: readonly string[]): string {
  const meant = meantBy(name, [...known, ...Object.keys(FLAGS)]);
  return `There is no option ${rawName} here.${suggestion(meant === undefined ? undefined : `--${meant}`)}`;
}

/** A slip of the finger or two; more is another word. */
const FARTHEST = 1 / 3;
const SHORTEST_BEGINNING = 3;

/** The name that somebody has begun, or else mistyped. */
function meantBy(word: string, names: readonly string[]): string | undefined {
  const begun = word.length < SHORTEST_BEGINNING ? [] : names.filter((name) => name.startsWith(word));
  const [shortest] = begun.toSorted((one, other) => one.length - other.length);
  return shortest ?? nearestNames(word, names, { most: 1, farthest: FARTHEST })[0];
}

function suggestion(name: string | undefined): string {
  return name === undefined ? '' : ` Did you mean ${name}?`;
}
