/** For the timers of SDKs that cannot be turned off: the guard's are shorter. A longer one would fire at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;
