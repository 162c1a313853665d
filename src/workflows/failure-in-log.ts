import type { ApplicationFailure, WorkflowInterceptorsFactory } from '@temporalio/workflow';

import { ofEachRun } from './of-each-run.js';

const failed = ofEachRun((): { code?: string } => ({}));

/**
 * The failure that this Temporal workflow is about to end with; Temporal's line about it in the log then has its code, too. An
 * error that leaves the workflow's thread keeps its words only.
 */
export function noted<Failure extends Error>(failure: Failure & Partial<Pick<ApplicationFailure, 'type'>>): Failure {
  if (typeof failure.type === 'string') failed().code = failure.type;
  return failure;
}

/** Adds the code to what is logged from then on. Asks for nothing of Temporal: a replay does not depend on it. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [{ getLogAttributes: (input, next) => ({ ...next(input), ...failed() }) }],
});
