/** Lets a loop sleep until something has happened, without a queue of what it was. */
export class Bell {
  private waiting: (() => void) | undefined;

  /** Lets whoever waits look again. */
  ring(): void {
    this.waiting?.();
  }

  /** Resolves when the condition holds after a ring (or already), or when the time has passed. One waits at a time. */
  async until(condition: () => boolean, withinMs = Infinity): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (let leftMs = withinMs; leftMs > 0 && !condition(); leftMs = deadline - performance.now()) {
      await this.next(leftMs);
    }
  }

  private next(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === Infinity ? undefined : setTimeout(() => this.waiting?.(), withinMs);
      this.waiting = () => {
        clearTimeout(timer);
        this.waiting = undefined;
        resolve();
      };
    });
  }
}
