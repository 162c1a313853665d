import type { AgentPrompts } from '../agents/agent.js';
import { composed } from '../json/composed-text.js';
import { utf8Length } from '../json/utf8-length.js';
import { isJsonObject, type JsonValue } from '../json/json.js';
import type { ExecutionToken } from './execution.js';
import { ModelError } from './model-error.js';
import { withoutPictureBytes } from './picture.js';
import { readTemplate, type Template, type TemplatePart } from './template-parts.js';

/** Variables that every prompt has, whatever the mapping. */
export const SEED_VARIABLES = [
  'input_data',
  'token_id',
  'current_place',
  'token_metadata',
  'workflow_id',
  'history_count',
] as const;

/** The most that the prompts of one execution may take together, in bytes of UTF-8. */
const MAX_PROMPT_BYTES = 1024 * 1024;

/** As many as help to find the mistake. */
const MAX_NAMED = 10;

/** What an execution says first. */
export interface FilledPrompts {
  /** System prompt and context instructions; empty where the agent has neither. */
  readonly instructions: string;
  readonly user: string;
}

/**
 * Fills an agent's prompts. Text that a variable brings in is never expanded again. Throws ModelError before any money is
 * spent: `invalid_request` for a variable without a value, `prompt_too_large` beyond 1 MiB.
 */
export function fillPrompts(prompts: AgentPrompts, variables: ReadonlyMap<string, string>): FilledPrompts {
  const unfilled = unfilledIn(prompts, variables);
  if (unfilled.length > 0) {
    const some = unfilled.slice(0, MAX_NAMED).join(', ');
    throw new ModelError('invalid_request', `The prompts have ${some}, which nothing fills.`);
  }
  const [system = [], context = [], user = []] = readPrompts(prompts).templates.map(({ parts }) => parts);
  refuseTooLarge([...system, ...context, ...user], variables);
  const instructions = [system, context].map((parts) => fill(parts, variables)).filter((text) => text !== '');
  return { instructions: instructions.join('\n\n'), user: fill(user, variables) };
}

/** What in an agent's prompts these names do not fill, as it stands there; each once. */
export function unfilledIn(prompts: AgentPrompts, names: { has(name: string): boolean }): readonly string[] {
  const { foreign, variables, doubtful } = readPrompts(prompts);
  return [
    ...foreign,
    ...variables.filter((name) => !names.has(name)).map((name) => `{${name}}`),
    ...new Set(doubtful.flatMap(({ name, source }) => (names.has(name) ? [source] : []))),
  ];
}

/** What in an agent's prompts is the syntax of another template language: it is refused whatever the names are. */
export function foreignSyntaxIn(prompts: AgentPrompts): readonly string[] {
  return readPrompts(prompts).foreign;
}

/** The values of all variables of one execution: the seed's, and the members of its input, as `takePictures` shows it, by name. */
export function promptVariables(input: JsonValue, token: ExecutionToken | undefined): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  if (isJsonObject(input)) {
    for (const [name, value] of Object.entries(input)) variables.set(composed(name), promptText(value));
  }
  variables.set('input_data', promptText(input));
  variables.set('token_id', token?.id ?? '');
  variables.set('current_place', token?.place ?? '');
  variables.set('token_metadata', promptText(withoutPictureBytes(token?.metadata ?? {})));
  variables.set('workflow_id', token?.workflowId ?? '');
  variables.set('history_count', String(token?.transitionCount ?? 0));
  return variables;
}

/** The names that fill prompts: the seed's, and those of an input. */
export function promptNames(inputNames: readonly string[]): ReadonlySet<string> {
  return new Set([...SEED_VARIABLES, ...inputNames.map(composed)]);
}

interface ReadPrompts {
  readonly templates: readonly Template[];
  /** Of all templates, each once. */
  readonly foreign: readonly string[];
  readonly variables: readonly string[];
  readonly doubtful: Template['doubtful'];
}

/** A definition may use one agent a thousand times: its prompts, which never change, are read once. */
const known = new WeakMap<AgentPrompts, ReadPrompts>();

function readPrompts(prompts: AgentPrompts): ReadPrompts {
  const read = known.get(prompts) ?? summaryOf(prompts);
  known.set(prompts, read);
  return read;
}

function summaryOf({ system, contextInstructions = '', userTemplate }: AgentPrompts): ReadPrompts {
  const templates = [system, contextInstructions, userTemplate].map(readTemplate);
  const parts = templates.flatMap((template) => template.parts);
  return {
    templates,
    foreign: [...new Set(templates.flatMap((template) => template.foreign))],
    variables: [...new Set(parts.flatMap((part) => (part.type === 'variable' ? [part.name] : [])))],
    doubtful: templates.flatMap((template) => template.doubtful),
  };
}

function fill(parts: readonly TemplatePart[], variables: ReadonlyMap<string, string>): string {
  return parts.map((part) => (part.type === 'text' ? part.text : (variables.get(part.name) ?? ''))).join('');
}

/** Counted before anything is put together: a variable may be large, and be there a thousand times. */
function refuseTooLarge(parts: readonly TemplatePart[], variables: ReadonlyMap<string, string>): void {
  const sizes = new Map([...variables].map(([name, value]) => [name, utf8Length(value)]));
  let bytes = 0;
  for (const part of parts) bytes += part.type === 'text' ? utf8Length(part.text) : (sizes.get(part.name) ?? 0);
  if (bytes <= MAX_PROMPT_BYTES) return;
  const message = `The prompts would take ${bytes} bytes; together they may have ${MAX_PROMPT_BYTES}: map less of the token into them.`;
  throw new ModelError('prompt_too_large', message);
}

/** A string as it is, everything else as JSON that a model reads well. */
function promptText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
