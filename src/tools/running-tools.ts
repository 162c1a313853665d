import { AsyncLocalStorage } from 'node:async_hooks';

/** Whose code runs: a tool in one of its calls, or a module that is being loaded. */
export interface RunningTool {
  readonly name: string;
  /** Of the call; absent while a module is loaded. */
  readonly idempotencyKey?: string;
}

type Listener = (tool: RunningTool, isRunning: boolean) => void;

const context = new AsyncLocalStorage<RunningTool>();
const listeners = new Set<Listener>();

/** Runs code that users wrote, so that whatever happens in it, and in what it leaves behind, can be put down to it. */
export async function runAs<Result>(tool: RunningTool, run: () => Result | Promise<Result>): Promise<Result> {
  for (const listen of listeners) listen(tool, true);
  try {
    // A turn of its own: what it throws at once is told like what it throws later.
    return await context.run(tool, () => Promise.resolve().then(run));
  } finally {
    for (const listen of listeners) listen(tool, false);
  }
}

/** Whose code this is. */
export function runningTool(): RunningTool | undefined {
  return context.getStore();
}

/** Tells of every tool when it begins and when it has ended. Gives the way to stop that. */
export function onRunningTools(listen: Listener): () => void {
  listeners.add(listen);
  return () => {
    listeners.delete(listen);
  };
}
