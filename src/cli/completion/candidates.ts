import { ownValue } from '../../core/json/json.js';
import type { Command, CommandOption } from '../command.js';

/** What may stand in the place of the word that is being typed. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** Files and folders, or folders only, which the shell itself knows best. */
  readonly paths?: Paths;
}

export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** `file behind @`: `@notes.json`. */
export type Paths = 'files' | 'folders' | 'file behind @';

/** What the folder has that a word may name. */
export interface FolderNames {
  readonly environments: readonly string[];
  readonly workflows: readonly string[];
  readonly agents: readonly string[];
}

/** What words may be made of: the table of commands, by name, and what the folder has. */
export interface Known {
  readonly commands: Readonly<Record<string, Command>>;
  readonly names: FolderNames;
}

const NOTHING: Candidates = { words: [] };
const HELP: Candidate = { word: '--help', meaning: 'say what it does' };
const FIRST: readonly Candidate[] = [
  { word: 'help', meaning: 'say more of a command' },
  HELP,
  { word: '--version', meaning: 'say which version this is' },
];

/** By the name of an option, or by what stands for an operand or a value in the help. */
const NAMED: Readonly<Record<string, keyof FolderNames>> = {
  env: 'environments',
  workflow: 'workflows',
  WORKFLOW: 'workflows',
  agent: 'agents',
  AGENT: 'agents',
};
const PATHS: Readonly<Record<string, Paths>> = { DIR: 'folders', FILE: 'files', DATA: 'file behind @' };

/**
 * Completes the last of the words behind the program's name, which may be empty or begun. All that it knows of commands is their one
 * table. Pure.
 */
export function candidatesFor(words: readonly string[], { commands, names }: Known): Candidates {
  const [first, ...between] = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  if (first === undefined) return begun(current, { words: [...listed(commands), ...FIRST] });
  if (first === 'help') return between.length === 0 ? begun(current, { words: listed(commands) }) : NOTHING;
  const command = ownValue(commands, first);
  if (command === undefined) return NOTHING;
  const { operand, options } = command;
  const [, given, value] = /^--([^=]+)=(.*)$/.exec(current) ?? [];
  if (given !== undefined && value !== undefined) return behindSign(given, valuesOf(options, given, names), value);
  const asks = valueAsked(between, options);
  if (asks !== undefined) return begun(current, valuesOf(options, asks, names));
  if (current.startsWith('-')) return begun(current, { words: optionsLeft(options, between) });
  const place = operandsIn(between, options);
  return begun(current, operandsFor((operand?.split(' ') ?? [])[place], names));
}

function listed(commands: Known['commands']): readonly Candidate[] {
  return Object.entries(commands).map(([word, { summary }]) => ({ word, meaning: summary }));
}

type Options = Readonly<Record<string, CommandOption>>;

/** The option whose value comes next. */
function valueAsked(between: readonly string[], options: Options): string | undefined {
  const name = /^--(.+)$/.exec(between.at(-1) ?? '')?.[1];
  return name !== undefined && ownValue(options, name)?.value !== undefined ? name : undefined;
}

function valuesOf(options: Options, name: string, names: FolderNames): Candidates {
  const option = ownValue(options, name);
  if (option?.value === undefined) return NOTHING;
  if (option.values !== undefined) return plain(option.values);
  return named(name, names) ?? pathsFor(option.value);
}

function operandsFor(operand: string | undefined, names: FolderNames): Candidates {
  if (operand === undefined) return NOTHING;
  const literal = operand.split('|').filter((word) => word === word.toLowerCase());
  return literal.length > 0 ? plain(literal) : (named(operand, names) ?? pathsFor(operand));
}

function named(word: string, names: FolderNames): Candidates | undefined {
  const kind = ownValue(NAMED, word);
  return kind === undefined ? undefined : plain(names[kind]);
}

function pathsFor(placeholder: string): Candidates {
  const paths = ownValue(PATHS, placeholder);
  return paths === undefined ? NOTHING : { words: [], paths };
}

function plain(words: readonly string[]): Candidates {
  return { words: words.map((word) => ({ word, meaning: '' })) };
}

function optionsLeft(options: Options, between: readonly string[]): readonly Candidate[] {
  const left = Object.entries(options).filter(([name, { isList }]) => isList === true || !isGiven(name, between));
  return [...left.map(([name, { meaning }]) => ({ word: `--${name}`, meaning })), HELP];
}

function isGiven(name: string, between: readonly string[]): boolean {
  return between.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
}

function operandsIn(between: readonly string[], options: Options): number {
  return between.filter((word, at) => !word.startsWith('-') && valueAsked(between.slice(0, at), options) === undefined)
    .length;
}

function begun(current: string, { words, ...paths }: Candidates): Candidates {
  return { words: words.filter(({ word }) => word.startsWith(current)), ...paths };
}

/** The whole word again: `--env=prod`. */
function behindSign(name: string, values: Candidates, value: string): Candidates {
  return { words: begun(value, values).words.map(({ word, meaning }) => ({ word: `--${name}=${word}`, meaning })) };
}
