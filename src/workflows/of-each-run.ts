import { maybeGetActivator } from '@temporalio/workflow/lib/global-attributes.js';

/** Where nothing runs, as in units. */
const NO_RUN = {};

/**
 * What each run has of its own, made when it is first asked for. A `let` of a module would be every run's: all runs of a worker share the
 * modules of this folder, whose code is made once and not for each token.
 */
export function ofEachRun<State>(make: () => State): () => State {
  const states = new WeakMap<object, { readonly state: State }>();
  return () => {
    const run = maybeGetActivator() ?? NO_RUN;
    const known = states.get(run) ?? { state: make() };
    states.set(run, known);
    return known.state;
  };
}
