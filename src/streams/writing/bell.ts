/** Lets a loop sleep until something has happened, without a queue of what it was. */
export class Bell {
  #waiting: (() => void) | undefined;

  /** Lets whoever waits look again. */
  ring(): void {
    this.#waiting?.();
  }

  /**
   * Resolves when the condition holds after a ring (or already), or when the time has passed. One waits at a time. A ring
   * that changes nothing costs one look: each word of an answer rings.
   */
  async until(condition: () => boolean, withinMs = Infinity): Promise<void> {
    if (withinMs <= 0 || condition()) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve();
      };
      const timer = withinMs === Infinity ? undefined : setTimeout(end, withinMs);
      this.#waiting = () => {
        if (condition()) end();
      };
    });
  }
}
