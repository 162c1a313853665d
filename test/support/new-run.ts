/** What follows belongs to a run of a workflow that has nothing of its own yet: for units of what workflows are made of. */
export function beginNewRun(): void {
  Object.assign(globalThis, { __TEMPORAL_ACTIVATOR__: {} });
}
