import type { Headers } from '@temporalio/common';
import { currentUpdateInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

import { traceIn, withTraceparent } from '../contract/trace-header.js';
import { traceparentOf } from '../core/traceparent.js';
import { ofEachRun } from './of-each-run.js';

/** What something was asked for with: a header that says in which trace, and nothing else that a caller put there. */
export type Origin = Headers;

interface Origins {
  /** What began this run. */
  ofRun: Origin;
  /** Of the updates that are being handled, by their ids. */
  readonly ofUpdates: Map<string, Origin>;
  /** Of what is done until the next await. */
  ofThis?: Origin | undefined;
}

const origins = ofEachRun((): Origins => ({ ofRun: {}, ofUpdates: new Map() }));

/** What is done now was asked for with: a signal or an update, as far as that is known here, or what began the run. */
export function origin(): Origin {
  const { ofThis, ofUpdates, ofRun } = origins();
  if (ofThis !== undefined) return ofThis;
  // By the id, and not by storage of our own: each cached workflow would have one, and Node looks at all of them for every promise.
  const update = ofUpdates.size === 0 ? undefined : currentUpdateInfo();
  return (update === undefined ? undefined : ofUpdates.get(update.id)) ?? ofRun;
}

/** Does at once, up to its first await, what was asked for earlier. */
export function askedBy<Result>(asked: Origin, act: () => Result): Result {
  const now = origins();
  const before = now.ofThis;
  now.ofThis = asked;
  try {
    return act();
  } finally {
    now.ofThis = before;
  }
}

/**
 * Passes on in which trace something was asked for to all that follows from it: activities, other Temporal workflows, signals. It makes no span,
 * decides nothing and asks for nothing of Temporal: a replay makes what the history has, with or without headers. What a new run of a long life
 * does belongs to none of the traces before.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const { ofUpdates } = origins();
  return {
    inbound: [
      {
        execute: (input, next) => {
          origins().ofRun = traceOf(input.headers);
          return next(input);
        },
        handleSignal: (input, next) => askedBy(traceOf(input.headers), () => next(input)),
        handleUpdate: (input, next) => {
          ofUpdates.set(input.updateId, traceOf(input.headers));
          const result = next(input);
          const end = () => {
            ofUpdates.delete(input.updateId);
          };
          // Beside it, not around it: what follows from its end comes no later for that.
          void result.then(end, end);
          return result;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(traced(input)),
        scheduleLocalActivity: (input, next) => next(traced(input)),
        startChildWorkflowExecution: (input, next) => next(traced(input)),
        signalWorkflow: (input, next) => next(traced(input)),
        getLogAttributes: (input, next) => ({ ...next(input), ...tracedLine() }),
      },
    ],
  };
};

/** Made anew: what a caller sends goes with every command of a life. */
function traceOf(headers: Headers): Origin {
  const context = traceIn(headers);
  return context === undefined ? {} : withTraceparent({}, traceparentOf(context));
}

function traced<Input extends { readonly headers: Headers }>(input: Input): Input {
  return { ...input, headers: { ...input.headers, ...origin() } };
}

function tracedLine(): { readonly traceId?: string } {
  const context = traceIn(origin());
  return context?.isSampled === true ? { traceId: context.traceId } : {};
}
