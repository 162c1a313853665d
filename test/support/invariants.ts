/**
 * The invariants of ARCHITECTURE.md, in its order. Each is the tag of the tests that hold it:
 *
 *     npx vitest run --tags-filter one-writer
 */
export const INVARIANTS = [
  'one-writer',
  'attempts-void',
  'recorded-first',
  'state-first',
  'quick-try',
  'lost-attempts',
  'finished-turns',
  'ended-stay',
  'rule-budget',
  'lost-tasks',
  'run-ends',
  'failure-cause',
  'no-secrets',
  'ours-only',
  'newest-run',
  'in-turn',
] as const;
