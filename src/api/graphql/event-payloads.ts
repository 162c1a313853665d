import {
  execute,
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

/** What a subscription sends for an event, as JSON. */
export type EventPayloads = (event: object) => string | Promise<string>;

/** A result as it goes out: its errors have codes. */
export type ResultFormat = (result: {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLError[] | undefined;
}) => FormattedExecutionResult;

/** So many variants of one document are shared; a client that sends more gets what it asks for, unshared. */
const MAX_VARIANTS = 100;

const shared = new WeakMap<DocumentNode, Map<string, EventPayloads>>();

/**
 * The payloads of an operation, made once for all sockets that run the same document with the same variables: those that
 * say where to begin and what to leave out do not count. For operations whose events have all they show within them.
 */
export function sharedPayloads(args: ExecutionArgs, format: ResultFormat): EventPayloads {
  const variants = shared.get(args.document) ?? new Map<string, EventPayloads>();
  shared.set(args.document, variants);
  const key = variantOf(args);
  const known = variants.get(key);
  if (known !== undefined) return known;
  // Not with the first one's context, which would live as long as the document is remembered.
  const payloads = remembered(eventPayloads({ ...args, contextValue: undefined }, format));
  if (variants.size < MAX_VARIANTS) variants.set(key, payloads);
  return payloads;
}

/** The payloads of an operation, made anew for each event. */
export function eventPayloads(args: ExecutionArgs, format: ResultFormat): EventPayloads {
  const made = (result: ExecutionResult) => JSON.stringify(format(result));
  return (event) => {
    const result = execute({ ...args, rootValue: event });
    return result instanceof Promise ? result.then(made) : made(result);
  };
}

function remembered(make: EventPayloads): EventPayloads {
  const payloads = new WeakMap<object, string | Promise<string>>();
  return (event) => {
    const known = payloads.get(event);
    if (known !== undefined) return known;
    const payload = make(event);
    payloads.set(event, payload);
    return payload;
  };
}

function variantOf({ document, operationName, variableValues }: ExecutionArgs): string {
  const given = variableValues ?? {};
  const names = [...variablesThatShape(document)].sort().filter((name) => Object.hasOwn(given, name));
  return JSON.stringify([operationName ?? null, names.map((name) => [name, given[name]])]);
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
