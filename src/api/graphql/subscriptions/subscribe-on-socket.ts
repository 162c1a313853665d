import {
  createSourceEventStream,
  execute,
  getOperationAST,
  Kind,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';

import type { StreamEvent } from '../../../core/streams/stream-event.js';
import { withinAnswerSize } from '../answers/answer-size.js';
import type { TraceContext } from '../../../telemetry/trace-context.js';
import type { ResolverContext } from '../context.js';
import { tracedOperation } from '../answers/traced-operation.js';
import { eventPayloads, sharedPayloads, type EventPayloads, type ResultFormat } from './event-payloads.js';
import { givesStreamEvents } from '../resolvers/stream-resolvers.js';
import type { SocketOperation } from './socket-operations.js';

export interface SocketContext extends ResolverContext {
  readonly operation: SocketOperation;
  /** The span that the caller named. */
  readonly calledBy: TraceContext | undefined;
  /** Sends a payload, JSON, to the one who subscribed. False when there is nobody who takes it any more. */
  readonly deliver: (payload: string) => boolean | Promise<boolean>;
}

/** Executes a query or a mutation for a socket. */
export async function executeOnSocket(args: ExecutionArgs): Promise<ExecutionResult> {
  const { operation } = contextOf(args);
  return await operation.step(async () => {
    const result = withinAnswerSize(await traced(args, async () => await execute(args)));
    operation.end();
    return result;
  });
}

/**
 * Subscribes for a socket. The events do not come out of the iterator: it sends them itself, as JSON that is made once for
 * all subscribers where their events can be shared, and as fast as the socket takes them. It ends when they end.
 */
export async function subscribeOnSocket(
  args: ExecutionArgs,
  format: ResultFormat,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const { operation } = contextOf(args);
  return await operation.step(async () => {
    // First of all: when this fails, nothing is open.
    const payloads = payloadsOf(args, format);
    const { traces, calledBy } = contextOf(args);
    const source = await traces.behind(calledBy, () => createSourceEventStream(args));
    if (Symbol.asyncIterator in source) return follow(source as AsyncIterable<object>, payloads, contextOf(args));
    operation.end();
    return source;
  });
}

async function traced(args: ExecutionArgs, run: () => Promise<ExecutionResult>): Promise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName);
  const { traces, calledBy: caller } = contextOf(args);
  return operation == null ? await run() : await tracedOperation(traces, { operation, caller, door: 'websocket' }, run);
}

function contextOf({ contextValue }: ExecutionArgs): SocketContext {
  return contextValue as SocketContext;
}

function payloadsOf(args: ExecutionArgs, format: ResultFormat): EventPayloads {
  const [field] = getOperationAST(args.document, args.operationName)?.selectionSet.selections ?? [];
  if (field?.kind !== Kind.FIELD || !givesStreamEvents(field.name.value)) return eventPayloads(args, format);
  const shared = sharedPayloads(args, format);
  return (event) => shared(event as StreamEvent);
}

function follow(
  source: AsyncIterable<object>,
  payloads: EventPayloads,
  { operation, deliver }: SocketContext,
): AsyncIterableIterator<ExecutionResult> {
  const events = source[Symbol.asyncIterator]();
  const end = { value: undefined, done: true } as const;
  let hasBegun = false;
  operation.opened(events);
  const pump = async () => {
    for (let event = await events.next(); event.done !== true; event = await events.next()) {
      const payload = payloads(event.value);
      const text = typeof payload === 'string' ? payload : await payload;
      if (operation.hasLeft || !(await deliver(text))) break;
    }
    operation.end();
    return end;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => {
      hasBegun = true;
      return operation.step(pump);
    },
    return: () => {
      operation.leave();
      if (!hasBegun) operation.end();
      return Promise.resolve(end);
    },
  };
}
