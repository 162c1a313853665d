import type { WorkerOptions } from '@temporalio/worker';

/** What the types of the SDK keep to themselves; a test sees that it takes it. */
interface HiddenOptions {
  readonly isolateExecutionTimeout: string;
}

/** Of every worker of ours. Measured: see the decision records on workers. */
export const WORKER_OPTIONS = {
  stickyQueueScheduleToStartTimeout: '1s',
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
  shutdownGraceTime: '5s',
  reuseV8Context: true,
  // Few, of both: each poll that a frozen worker left open swallows one task, which then waits for its timeout.
  workflowTaskPollerBehavior: { type: 'autoscaling', initial: 2 },
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
  // A workflow that takes longer, by the clock, is cut off: that ends the worker, and before Node 24 the process.
  isolateExecutionTimeout: '60s',
} as const satisfies Partial<WorkerOptions> & HiddenOptions;
