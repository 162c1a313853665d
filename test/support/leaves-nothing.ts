import { afterAll, expect, vi } from 'vitest';

/** Unit test files share processes: what one leaves behind, another would find. */
const before = { ...process.env };

afterAll(() => {
  const isTimeFake = vi.isFakeTimers();
  vi.useRealTimers();
  expect(isTimeFake, 'whether the file leaves fake timers').toBe(false);
  // Names alone: there may be keys in it.
  const names = Object.keys({ ...before, ...process.env });
  const changed = names.filter((name) => process.env[name] !== before[name]);
  expect(changed, 'variables of the environment that the file leaves changed').toEqual([]);
});
