import type { ExecutionToken } from './execution.js';
import { isJsonObject, type JsonValue } from '../json/json.js';

/** Variables that every prompt has, whatever the mapping. */
export const SEED_VARIABLES = [
  'input_data',
  'token_id',
  'current_place',
  'token_metadata',
  'workflow_id',
  'history_count',
] as const;

const PLACEHOLDER = /\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_-]*)\}/g;

/** The names that a template refers to, each once. Braces that do not enclose a name are plain text. */
export function templateVariables(template: string): readonly string[] {
  const names = [...template.matchAll(PLACEHOLDER)].map((match) => match[1]).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/**
 * Fills a template in one pass: text that a variable brings in is never expanded again. `{{` and `}}` are literal
 * braces. A name without a value stays as it stands; definitions with such names are refused when they are saved.
 */
export function renderTemplate(template: string, variables: ReadonlyMap<string, string>): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string | undefined) => {
    if (placeholder === '{{') return '{';
    if (placeholder === '}}') return '}';
    return name === undefined ? placeholder : (variables.get(name) ?? placeholder);
  });
}

/** The values of all variables of one execution: the seed's, and the input's members by name. */
export function promptVariables(input: JsonValue, token: ExecutionToken | undefined): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  if (isJsonObject(input)) {
    for (const [name, value] of Object.entries(input)) variables.set(name, promptText(value));
  }
  variables.set('input_data', promptText(input));
  variables.set('token_id', token?.id ?? '');
  variables.set('current_place', token?.place ?? '');
  variables.set('token_metadata', promptText(token?.metadata ?? {}));
  variables.set('workflow_id', token?.workflowId ?? '');
  variables.set('history_count', String(token?.transitionCount ?? 0));
  return variables;
}

/** A string as it is, everything else as JSON that a model reads well. */
function promptText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
