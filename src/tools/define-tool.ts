import { z } from 'zod';

import { LONGEST_TOOL_SECONDS } from '../core/agents/tool-offer.js';
import { wordsOf } from '../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.js';
import { jsonPointer } from '../core/json/json-pointer.js';
import { shorten } from '../core/json/preview.js';
import type { ReadArguments, Tool, ToolContext } from './tool.js';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const DEFAULT_TIMEOUT_SECONDS = 30;
const LONGEST_DESCRIPTION = 4000;
const MOST_MISFITS = 10;
/** Shared by every copy of this module: a tools folder may bring its own. */
const MARK = Symbol.for('circuit-breaker.tool');

export interface ToolDefinition<Input extends z.ZodType> {
  /** Letters, digits, "_", "-" and ".", at most 64: by it agents name the tool. */
  readonly name: string;
  /** For the model: what the tool does and when to call it. */
  readonly description: string;
  /** What the arguments have to be: an object of zod, also as a JSON Schema. */
  readonly input: Input;
  /** Set when to call it twice with the same arguments, and key, has the effect of once. Default false. */
  readonly idempotent?: boolean;
  /** Set when a person has to approve every call. Default false; an agent's `approvalRequired` can ask for it as well. */
  readonly needsApproval?: boolean;
  /** Bounds one call; default 30, at most 3600. */
  readonly timeoutSeconds?: number;
  /** Gets arguments that fit. What it answers goes to the model as JSON, of 64 KiB at most; what it throws, too. */
  readonly run: (args: z.output<Input>, context: ToolContext) => unknown;
}

/**
 * A tool of one's own: what a module in `TOOLS_DIR` exports. Throws a TypeError that says what to do about a definition that
 * cannot be one.
 *
 * @example
 * ```ts
 * import { defineTool } from 'circuit-breaker/tools';
 * import { z } from 'zod';
 *
 * export const lookupOrder = defineTool({
 *   name: 'lookup_order',
 *   description: 'Finds an order by its number.',
 *   input: z.object({ number: z.string() }),
 *   idempotent: true,
 *   run: async ({ number }, { signal }) => {
 *     const response = await fetch(`http://orders.internal/orders/${number}`, { signal });
 *     return await response.json();
 *   },
 * });
 * ```
 */
export function defineTool<Input extends z.ZodType>(definition: ToolDefinition<Input>): Tool {
  const { name, description, input, idempotent = false, needsApproval = false } = definition;
  const { timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = definition;
  refuseBadWords(definition);
  refuseBadTimeout(name, timeoutSeconds);
  const tool: Tool = {
    name,
    description,
    parameters: parametersOf(name, input),
    idempotent,
    needsApproval,
    timeoutSeconds,
    // Of its own: what a tool changes in its arguments is not what its model gave.
    read: (given) => readArguments(input, structuredClone(given)),
    // Read by `read`, whose value it is.
    run: async (value, context) => await definition.run(value as z.output<Input>, context),
  };
  return Object.defineProperty(tool, MARK, { value: true });
}

/** Whether a value is what defineTool made, of whichever copy of this program. */
export function isTool(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && MARK in value;
}

function refuseBadWords(definition: {
  readonly name: unknown;
  readonly description: unknown;
  readonly needsApproval?: unknown;
}): void {
  const { name, description, needsApproval } = definition;
  if (typeof name !== 'string' || !NAME.test(name)) {
    const rule = 'a name has letters, digits, "_", "-" and ".", and at most 64 of them';
    throw new TypeError(`a tool cannot be called "${shorten(String(name))}": ${rule}`);
  }
  if (typeof description !== 'string' || description === '' || description.length > LONGEST_DESCRIPTION) {
    throw new TypeError(
      `tool "${name}" needs a description for the model, of at most ${LONGEST_DESCRIPTION} characters`,
    );
  }
  if (needsApproval !== undefined && typeof needsApproval !== 'boolean') {
    throw new TypeError(`needsApproval of tool "${name}" must be true or false`);
  }
}

function refuseBadTimeout(name: string, seconds: number): void {
  if (seconds > 0 && seconds <= LONGEST_TOOL_SECONDS) return;
  throw new TypeError(`timeoutSeconds of tool "${name}" must be more than 0 and at most ${LONGEST_TOOL_SECONDS}`);
}

function parametersOf(name: string, input: z.ZodType): JsonObject {
  const { $schema: _dialect, ...schema } = jsonSchemaOf(name, input);
  const elsewhere = referenceIn(schema);
  if (elsewhere !== undefined) {
    const rule = 'nobody fetches it, so write down what is there';
    throw new TypeError(`the input of tool "${name}" refers to "${shorten(elsewhere)}": ${rule}`);
  }
  if (schema['type'] === 'object') return schema;
  throw new TypeError(`the input of tool "${name}" must be an object: z.object({ … })`);
}

function jsonSchemaOf(name: string, input: z.ZodType): JsonObject {
  try {
    const schema: unknown = JSON.parse(JSON.stringify(z.toJSONSchema(input, { io: 'input' })));
    return isJsonObject(schema) ? schema : {};
  } catch (error) {
    throw new TypeError(
      `the input of tool "${name}" is no schema of zod 4 that JSON Schema can say: ${wordsOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** A reference that leads out of the schema. */
function referenceIn(schema: JsonValue): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  for (const [key, value] of Object.entries<JsonValue>(schema)) {
    const found = key === '$ref' && typeof value === 'string' && !value.startsWith('#') ? value : referenceIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function readArguments(input: z.ZodType, given: JsonObject): Promise<ReadArguments> {
  const read = await input.safeParseAsync(given);
  if (read.success) return { value: read.data };
  const issues = read.error.issues.slice(0, MOST_MISFITS);
  return { misfits: issues.map(({ path, message }) => ({ pointer: jsonPointer(path), message })) };
}
