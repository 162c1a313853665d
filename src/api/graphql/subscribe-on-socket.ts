import { createSourceEventStream, getOperationAST, Kind, type ExecutionArgs, type ExecutionResult } from 'graphql';

import type { StreamEvent } from '../../core/stream-event.js';
import type { ResolverContext } from './context.js';
import { eventPayloads, sharedPayloads, type EventPayloads, type ResultFormat } from './event-payloads.js';
import { givesStreamEvents } from './resolvers/stream-resolvers.js';

export interface SocketContext extends ResolverContext {
  /** Sends a payload, JSON, to the one who subscribed. False when there is nobody who takes it any more. */
  readonly deliver: (payload: string) => boolean | Promise<boolean>;
}

/**
 * Subscribes for a socket. The events do not come out of the iterator: it sends them itself, as JSON that is made once for
 * all subscribers where their events can be shared, and as fast as the socket takes them. It ends when they end.
 */
export async function subscribeOnSocket(
  args: ExecutionArgs,
  format: ResultFormat,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const payloads = payloadsOf(args, format);
  const { deliver } = args.contextValue as SocketContext;
  return pump(source as AsyncIterable<object>, async (event) => {
    const payload = payloads(event);
    return await deliver(typeof payload === 'string' ? payload : await payload);
  });
}

function payloadsOf(args: ExecutionArgs, format: ResultFormat): EventPayloads {
  const [field] = getOperationAST(args.document, args.operationName)?.selectionSet.selections ?? [];
  if (field?.kind !== Kind.FIELD || !givesStreamEvents(field.name.value)) return eventPayloads(args, format);
  const shared = sharedPayloads(args, format);
  return (event) => shared(event as StreamEvent);
}

function pump(
  source: AsyncIterable<object>,
  send: (event: object) => Promise<boolean>,
): AsyncIterableIterator<ExecutionResult> {
  const events = source[Symbol.asyncIterator]();
  const end = { value: undefined, done: true } as const;
  let hasLeft = false;
  const leave = async () => {
    hasLeft = true;
    await events.return?.();
    return end;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (let event = await events.next(); event.done !== true; event = await events.next()) {
        // The id may be another operation's by now.
        if (hasLeft || !(await send(event.value))) return await leave();
      }
      return end;
    },
    return: leave,
  };
}
