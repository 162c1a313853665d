import { runningTool } from '../tools/running-tools.js';
import type { ProcessParts } from './run-process.js';
import { watchEventLoop } from './watch-event-loop.js';

/** Keeps what tools of users may do to their process from ending it, or holding it up unseen. Before any of them is loaded. */
export function containTools({ config, resources }: Pick<ProcessParts, 'config' | 'resources'>): void {
  if (config.toolsDir === undefined) return;
  refuseExit();
  resources.add('the watch over the event loop', watchEventLoop({ logFormat: config.logFormat }));
}

let isRefused = false;

/** From now on: a tool that ends the process would take with it all that others do in it. */
export function refuseExit(): void {
  if (isRefused) return;
  isRefused = true;
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    if (runningTool() === undefined) return exit(code);
    throw new Error('process.exit() within a tool would end the worker: throw an error instead');
  };
}
