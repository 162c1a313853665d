import {
  Kind,
  OperationTypeNode,
  visit,
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
} from 'graphql';

import type { StreamEvent } from '../../core/stream-event.js';
import { RecentEvents } from '../recent-events.js';
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
  const made = (result: ExecutionResult) => JSON.stringify(format(result));
  const query = eventQuery(args);
  return (event) => {
    const result = query(event);
    return result instanceof Promise ? result.then(made) : made(result);
  };
}

/** The same object for operations that show the same of an event. */
function variantOf({ document, operationName, variableValues }: ExecutionArgs): object {
  const known = variants.get(document) ?? new Map<string, object>();
  variants.set(document, known);
  const given = variableValues ?? {};
  const names = [...variablesThatShape(document)].sort().filter((name) => Object.hasOwn(given, name));
  const key = JSON.stringify([operationName ?? null, names.map((name) => [name, given[name]])]);
  const variant = known.get(key) ?? {};
  if (known.size < MAX_VARIANTS) known.set(key, variant);
  return variant;
}

/** The variables that decide what is shown of an event: all but those in the arguments of the subscribed field. */
function variablesThatShape(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (node: ASTNode) => {
    visit(node, {
      VariableDefinition: () => false,
      Variable: ({ name }) => {
        names.add(name.value);
      },
    });
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== OperationTypeNode.SUBSCRIPTION) {
      collect(definition);
      continue;
    }
    for (const selection of definition.selectionSet.selections) {
      collect(selection.kind === Kind.FIELD ? { ...selection, arguments: [] } : selection);
    }
  }
  return names;
}
