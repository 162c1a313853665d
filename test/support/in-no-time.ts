import { onTestFinished, vi } from 'vitest';

/** Lets what waits on timers happen without the waiting. Timers are real again when the test has ended. */
export async function inNoTime<Result>(happening: () => Promise<Result>): Promise<Result> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const watched = { isOver: false };
  const result = happening().finally(() => {
    watched.isOver = true;
  });
  // Noticed below; until then it is nobody's.
  result.catch(() => undefined);
  while (!watched.isOver) await vi.advanceTimersByTimeAsync(1000);
  return await result;
}
