import { checkJson } from '../json/check-json.js';
import { isJsonObject, type JsonObject } from '../json/json.js';
import { tokenTooLarge } from './token-size.js';

/** The argument of `tokenLifecycle`: a stored workflow by id, or a definition given inline. */
export interface TokenStart {
  readonly workflowId?: string;
  /** Absent: the newest. */
  readonly workflowVersion?: number;
  /** Fields of `WorkflowDefinitionInput`. */
  readonly definition?: JsonObject;
  /** Absent: the definition's. */
  readonly initialPlace?: string;
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
}

/** Reads the start of a token from an untrusted message; a string says what is wrong with it. Null counts as absent. */
export function parseTokenStart(message: unknown): TokenStart | string {
  if (!isJsonObject(message)) return 'a token needs an object with a workflowId or a definition';
  const [problem] = checkJson(message);
  if (problem !== undefined) return `${problem.message} at ${problem.pointer}`;
  const start = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null)) as Members;
  const { workflowId, workflowVersion, definition, initialPlace, data, metadata } = start;
  if (workflowId === undefined && definition === undefined) return 'either workflowId or definition is needed';
  if (!isTextOrAbsent(workflowId)) return 'workflowId must be a string';
  if (!isTextOrAbsent(initialPlace)) return 'initialPlace must be a string';
  if (workflowVersion !== undefined && !Number.isSafeInteger(workflowVersion))
    return 'workflowVersion must be an integer';
  if (!isObjectOrAbsent(definition)) return 'definition must be an object';
  if (!isObjectOrAbsent(data)) return 'data must be an object';
  if (!isObjectOrAbsent(metadata)) return 'metadata must be an object';
  return tokenTooLarge({ data: data ?? {}, metadata: metadata ?? {} }) ?? (start as TokenStart);
}

type Members = Readonly<Partial<Record<keyof TokenStart, unknown>>>;

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isObjectOrAbsent(value: unknown): value is JsonObject | undefined {
  return value === undefined || isJsonObject(value);
}
