/** Tells all of them. What one throws keeps nothing from anybody: the platform reports it, as for a listener of an event. */
export function tellAll(listeners: Iterable<() => void>): void {
  for (const listener of listeners) {
    try {
      listener();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
