import { useEffect, useMemo, useRef, useSyncExternalStore, type RefObject } from 'react';

import type { StreamEventType } from '../core/streams/stream-event.js';
import type { Access, Given } from './access.js';
import { ExecutionStore, WAITING, type ExecutionState } from './execution-store.js';

export type { StreamEvent, StreamEventType } from '../core/streams/stream-event.js';
export type { Access } from './access.js';
export type { ExecutionState } from './execution-store.js';
export { StreamError, type ApiErrorCode, type ApiErrorFacts } from './stream-error.js';

export interface UseExecutionOptions {
  /** Where the API is, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Undefined while it is not known yet: `waiting`, and nothing is requested. */
  readonly executionId: string | undefined;
  /** What is wanted; attempts and the end always come. */
  readonly types?: readonly StreamEventType[];
  /** Where callers have to show who they are. Of functions the newest one is asked; they need not stay the same. */
  readonly access?: Access;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Watches one execution while the component is mounted: its text as it grows, and at the end the stored answer. Comes
 * again with its cursor when the connection is lost. A server that refuses for good, an unknown execution say, is
 * the status `refused` with the StreamError; nothing is thrown while rendering.
 *
 * Options are compared by value: other ones begin anew, `waiting`. Renders once for all events that arrive together.
 * On a server it is `waiting`. Each use has a connection of its own, of which browsers open six to an HTTP/1.1 server:
 * use it once for an execution, and hand its result down.
 *
 * @example
 * ```tsx
 * import { useExecution } from 'circuit-breaker/react';
 *
 * export function Answer({ executionId }: { readonly executionId: string }) {
 *   const execution = useExecution({ url: 'http://127.0.0.1:4000', executionId });
 *   if (execution.status === 'refused') return <p role="alert">{execution.error.message}</p>;
 *   return <pre aria-busy={execution.status === 'streaming'}>{execution.text}</pre>;
 * }
 * ```
 */
export function useExecution(options: UseExecutionOptions): ExecutionState {
  const { url, executionId, types, headers, access } = options;
  const newest = useRef(access);
  useEffect(() => {
    newest.current = access;
  });
  const key = JSON.stringify([url, executionId, types, headers && Object.entries(headers).sort(), kindOf(access)]);
  const store = useMemo(
    () => (executionId === undefined ? NOTHING : new ExecutionStore({ ...options, ...following(newest), executionId })),
    // The key stands for all of them.
    [key],
  );
  return useSyncExternalStore(store.subscribe, store.state, () => WAITING);
}

/** What of it can be compared. */
function kindOf(access: Access | undefined): unknown {
  return access && Object.entries(access).map(([name, given]) => [name, typeof given === 'function' ? true : given]);
}

/** The same, whose functions are those of the newest rendering. */
function following(newest: RefObject<Access | undefined>): { readonly access?: Access } {
  const access = newest.current;
  if (access === undefined) return {};
  const ask = (name: 'token' | 'ticket', given: Given): Given =>
    typeof given === 'string'
      ? given
      : async () => {
          const current = newest.current as Partial<Record<string, Given>> | undefined;
          const now = current?.[name] ?? given;
          return typeof now === 'string' ? now : await now();
        };
  return 'token' in access
    ? { access: { token: ask('token', access.token) } }
    : { access: { ticket: ask('ticket', access.ticket) } };
}

const NOTHING: Pick<ExecutionStore, 'subscribe' | 'state'> = {
  subscribe: () => () => undefined,
  state: () => WAITING,
};
