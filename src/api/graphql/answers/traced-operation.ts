import { SpanKind } from '@opentelemetry/api';
import { Kind, type ExecutionResult, type OperationDefinitionNode } from 'graphql';

import type { TraceContext } from '../../../telemetry/trace-context.js';
import type { Traces } from '../../../telemetry/traces.js';

interface TracedOperation {
  readonly operation: OperationDefinitionNode;
  /** The span that the caller named. */
  readonly caller: TraceContext | undefined;
  readonly door: 'http' | 'websocket';
}

/** So many fields are named; a document may ask for a thousand. */
const MOST_FIELDS = 3;
const LONGEST_NAME = 100;

/** Makes an operation part of its caller's trace, or the beginning of one. */
export async function tracedOperation<Result extends ExecutionResult>(
  traces: Traces,
  { operation, caller, door }: TracedOperation,
  run: () => Promise<Result>,
): Promise<Result> {
  if (!traces.isOn) return await run();
  const type = operation.operation;
  const fields = fieldsOf(operation);
  const name = operation.name?.value.slice(0, LONGEST_NAME);
  const start = {
    name: [type, ...fields.slice(0, MOST_FIELDS)].join(' '),
    kind: SpanKind.SERVER,
    ...(caller === undefined ? {} : { parent: caller }),
    attributes: {
      'graphql.operation.type': type,
      ...(name === undefined ? {} : { 'graphql.operation.name': name }),
      'circuit_breaker.door': door,
    },
  };
  return await traces.part(start, async () => {
    const result = await run();
    const code = result.errors?.[0]?.extensions['code'];
    if (result.errors !== undefined) traces.current()?.fail(typeof code === 'string' ? code : '_OTHER');
    return result;
  });
}

/** The fields that are asked for, which the schema has: whatever a caller calls them. */
function fieldsOf({ selectionSet }: OperationDefinitionNode): readonly string[] {
  const fields = selectionSet.selections.flatMap((one) => (one.kind === Kind.FIELD ? one.name.value : []));
  return [...new Set(fields)];
}
