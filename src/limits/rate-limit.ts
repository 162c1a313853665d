/** How often each of many may do something in a minute, which begins for each with the first time. */
export interface RateLimit {
  /**
   * Counts one more. Resolves with the seconds after which to come again, from 1 to 60, where it is too many; undefined: it is not.
   * Never rejects, and waits for nothing for long.
   */
  take(who: string): Promise<number | undefined>;
}
