import {
  getOperationAST,
  Kind,
  visit,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
} from 'graphql';

import type { StreamEvent } from '../../../core/streams/stream-event.js';
import { RecentEvents } from '../../../streams/reading/recent-events.js';
import { withinAnswerSize } from '../answers/answer-size.js';
import { eventQuery } from './event-query.js';

/** What a subscription sends for an event, as JSON. */
export type EventPayloads = (event: object) => string | Promise<string>;

/** A result as it goes out: its errors have codes. */
export type ResultFormat = (result: {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLError[] | undefined;
}) => FormattedExecutionResult;

const recent = new RecentEvents<string | Promise<string>>();
/** The names by which variants of a document are known while it is remembered. */
const variants = new WeakMap<DocumentNode, Map<string, object>>();
const MAX_VARIANTS = 100;
/** What shapes an event is true or false: more than a few hundred characters are hardly meant. */
const MAX_KEY_LENGTH = 1024;

/**
 * The payloads of an operation on streams, made once for all sockets that run the same document with the same variables:
 * those that say where to begin and what to leave out do not count.
 */
export function sharedPayloads(
  args: ExecutionArgs,
  format: ResultFormat,
): (event: StreamEvent) => string | Promise<string> {
  const variant = variantOf(args);
  const make = eventPayloads(args, format);
  return (event) => recent.made(event, make, variant);
}

/** The payloads of an operation, made anew for each event. */
export function eventPayloads(args: ExecutionArgs, format: ResultFormat): EventPayloads {
  const made = (result: ExecutionResult) => JSON.stringify(format(withinAnswerSize(result)));
  const query = eventQuery(args);
  return (event) => {
    const result = query(event);
    return result instanceof Promise ? result.then(made) : made(result);
  };
}

/**
 * One object for all operations that show the same of an event; an operation that would take much to remember gets one
 * of its own.
 */
function variantOf(args: ExecutionArgs): object {
  const { document, operationName, variableValues } = args;
  const known = variants.get(document) ?? new Map<string, object>();
  variants.set(document, known);
  const given = variableValues ?? {};
  const names = [...variablesThatShape(args)].sort().filter((name) => Object.hasOwn(given, name));
  const key = JSON.stringify([operationName ?? null, names.map((name) => [name, given[name]])]);
  const variant = known.get(key) ?? {};
  if (known.size < MAX_VARIANTS && key.length <= MAX_KEY_LENGTH) known.set(key, variant);
  return variant;
}

/**
 * The variables that decide what is shown of an event: all that the operation uses, itself and in its fragments, but for
 * those in the arguments of the subscribed field.
 */
function variablesThatShape({ document, operationName }: ExecutionArgs): ReadonlySet<string> {
  const names = new Set<string>();
  const collected = new Set<string>();
  const collect = (node: ASTNode) => {
    visit(node, {
      Variable: ({ name }) => {
        names.add(name.value);
      },
      FragmentSpread: ({ name }) => {
        collectFragment(name.value);
      },
    });
  };
  const collectFragment = (name: string) => {
    if (collected.has(name)) return;
    collected.add(name);
    const isMeant = (node: DefinitionNode) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === name;
    document.definitions.filter(isMeant).forEach(collect);
  };
  for (const selection of getOperationAST(document, operationName)?.selectionSet.selections ?? []) {
    collect(selection.kind === Kind.FIELD ? { ...selection, arguments: [] } : selection);
  }
  return names;
}
