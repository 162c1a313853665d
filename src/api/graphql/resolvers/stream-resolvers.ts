import { notFound } from '../../../core/errors.js';
import type { StreamEvent, StreamEventType } from '../../../core/streams/stream-event.js';
import type { StoredTokenEvent } from '../../../storage/token-store.js';
import { readCursor } from '../../agent-stream/last-event-id.js';
import { tokenStream } from '../../token-events/token-stream.js';
import { tokenUpdates } from '../../token-events/token-updates.js';
import { workflowEvents } from '../../token-events/workflow-events.js';
import type { ResolverContext } from '../context.js';
import { viewerEvents } from './viewer-events.js';

interface StreamArguments {
  readonly executionId: string;
  readonly after?: number | null;
  readonly eventTypes?: readonly StreamEventType[] | null;
}

interface TokenUpdatesArguments {
  readonly tokenId: string;
  readonly after?: number | null;
}

export const streamResolvers = {
  Mutation: {
    createStreamTicket: async (
      _: unknown,
      { executionId }: { executionId: string },
      { storage, doorkeeper, caller, now }: ResolverContext,
    ) => {
      if ((await storage.executions.get(executionId)) === undefined) throw notFound('execution', executionId);
      return await doorkeeper.tickets.make(executionId, caller, Date.parse(now()));
    },
  },
  Subscription: {
    agentExecutionStream: {
      subscribe: async (
        _: unknown,
        { executionId, after, eventTypes }: StreamArguments,
        { reader }: ResolverContext,
      ) => {
        const cursor = after == null ? undefined : readCursor(String(after));
        const viewer = await reader.open(executionId, {
          door: 'graphql',
          ...(cursor === undefined ? {} : { after: cursor }),
          ...(eventTypes == null ? {} : { types: new Set(eventTypes) }),
        });
        return viewerEvents(viewer);
      },
      resolve: (event: StreamEvent) => graphqlEvent(event),
    },
    tokenStream: {
      subscribe: (_: unknown, { tokenId }: { tokenId: string }, context: ResolverContext) =>
        tokenStream(context, tokenId),
      resolve: (event: StreamEvent) => graphqlEvent(event),
    },
    tokenUpdates: {
      subscribe: (_: unknown, { tokenId, after }: TokenUpdatesArguments, context: ResolverContext) =>
        tokenUpdates(context, tokenId, after == null ? undefined : readCursor(String(after))),
      resolve: freshly,
    },
    workflowEvents: {
      subscribe: (_: unknown, { workflowId }: { workflowId: string }, context: ResolverContext) =>
        workflowEvents(context, workflowId),
      resolve: freshly,
    },
  },
};

/** Whether a subscription gives the events of streams, which show the same to whoever asks. */
export function givesStreamEvents(field: string): boolean {
  return field === 'agentExecutionStream' || field === 'tokenStream';
}

/** Each event shows its token as it is by then, and not as the first one found it. */
function freshly(event: StoredTokenEvent, _: unknown, { load, work }: ResolverContext): StoredTokenEvent {
  load.forget();
  work.renew();
  return event;
}

/** An event in GraphQL's spelling: the same values under names in camel case. */
function graphqlEvent(event: StreamEvent): object {
  switch (event.eventType) {
    case 'completed': {
      const { final_response: finalResponse, ...rest } = event;
      return { ...rest, finalResponse };
    }
    case 'thinking':
    case 'tool_call': {
      const { arguments: toolArguments, ...rest } = event;
      return { ...rest, toolArguments };
    }
    case 'tool_result': {
      const { result: toolResult, ...rest } = event;
      return { ...rest, toolResult };
    }
    case 'attempt_started':
    case 'content_chunk':
    case 'failed':
      return event;
  }
}
