/** For programs and pages that watch executions: no dependency on the server, none on Node. */
export type { StreamEvent, StreamEventType } from '../core/streams/stream-event.js';
export { NOTHING_SHOWN, showEvent, type ShownText } from '../core/streams/shown-text.js';
export type { Access } from './access.js';
export {
  isApiError,
  StreamError,
  type ApiBlocker,
  type ApiErrorCode,
  type ApiErrorFacts,
  type ApiProblem,
} from './stream-error.js';
export { watchExecution, type ExecutionView, type WatchedExecution, type WatchOptions } from './watch-execution.js';
