import type { Blocker } from '../rules/blocker.js';
import type { AgentTransition } from '../definitions/definition.js';
import type { ExecutionResult } from './execution.js';
import type { JsonValue } from '../json/json.js';
import { shorten } from '../json/preview.js';
import { parseInputPath, parsePath, readKeys, readPath, writePath, type TokenFields } from '../json/path.js';

/** Output names that every execution has; all others are paths into the structured output. */
const BUILT_IN_OUTPUTS = ['response', 'agent_id', 'execution_id', 'model', 'timestamp', 'usage'] as const;
type BuiltInOutput = (typeof BUILT_IN_OUTPUTS)[number];

export type Mapped<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string };

/** One INPUT_MISSING blocker for each mapped path that the token lacks, or has null at: found before any money is spent. */
export function missingInputs(mapping: AgentTransition['inputMapping'], fields: TokenFields): readonly Blocker[] {
  return Object.entries(mapping)
    .filter(([, text]) => isInputMissing(text, fields))
    .map(([name, text]) => ({
      code: 'INPUT_MISSING' as const,
      message: `the agent's input "${shorten(name)}" needs ${text}, which the token does not have`,
    }));
}

/** Whether a token has all that an input mapping needs of it. */
export function hasInputs(mapping: AgentTransition['inputMapping'], fields: TokenFields): boolean {
  return !Object.values(mapping).some((text) => isInputMissing(text, fields));
}

/** The agent's input: the mapped values by name, or the token's data when nothing is mapped. Optional ones become ''. */
export function mapInput(mapping: AgentTransition['inputMapping'], fields: TokenFields): JsonValue {
  const entries = Object.entries(mapping);
  if (entries.length === 0) return fields.data;
  return Object.fromEntries(
    entries.map(([name, text]) => {
      const parsed = parseInputPath(text);
      return [name, (parsed && readPath(fields, parsed.path)) ?? ''];
    }),
  );
}

/** Writes an execution's result into the token's fields, whole or not at all. */
export function mapOutput<Fields extends TokenFields>(
  mapping: AgentTransition['outputMapping'],
  result: ExecutionResult,
  fields: Fields,
): Mapped<Fields> {
  let mapped = fields;
  for (const [target, name] of Object.entries(mapping)) {
    const path = parsePath(target);
    if (path === undefined) return { ok: false, reason: `"${target}" is not a path into data or metadata` };
    const value = outputValue(result, name);
    if (value === undefined) return { ok: false, reason: `the agent's answer has no "${name}", which ${target} needs` };
    const written = writePath(mapped, path, value);
    if (written === undefined) return { ok: false, reason: `${target} cannot be written: a value stands in its way` };
    mapped = written;
  }
  return { ok: true, value: mapped };
}

/** The names that a mapping needs of the structured output, in order, each once. */
export function structuredOutputs(mapping: AgentTransition['outputMapping']): readonly string[] {
  return [...new Set(Object.values(mapping).filter((name) => !isBuiltInOutput(name)))];
}

/** The outputs that an answer lacks. */
export function lackingOutputs(outputs: readonly string[], output: JsonValue | undefined): readonly string[] {
  return outputs.filter((name) => output === undefined || readKeys(output, name.split('.')) === undefined);
}

function outputValue(result: ExecutionResult, name: string): JsonValue | undefined {
  if (isBuiltInOutput(name)) return builtInValue(result, name);
  return result.output === undefined ? undefined : readKeys(result.output, name.split('.'));
}

function builtInValue(result: ExecutionResult, name: BuiltInOutput): JsonValue {
  switch (name) {
    case 'response':
      return result.response;
    case 'agent_id':
      return result.agentId;
    case 'execution_id':
      return result.executionId;
    case 'model':
      return result.model;
    case 'timestamp':
      return result.timestamp;
    case 'usage':
      return { ...result.usage };
  }
}

function isBuiltInOutput(name: string): name is BuiltInOutput {
  return (BUILT_IN_OUTPUTS as readonly string[]).includes(name);
}

function isInputMissing(text: string, fields: TokenFields): boolean {
  const parsed = parseInputPath(text);
  return parsed === undefined || (!parsed.optional && (readPath(fields, parsed.path) ?? undefined) === undefined);
}

export function isWritableTarget(text: string): boolean {
  return (parsePath(text)?.keys.length ?? 0) > 0;
}
