/** What can go wrong with all processes together, in the order in which people are told. */
export const ALERT_NAMES = [
  'EXECUTIONS_FAIL',
  'PROVIDER_SLOW',
  'PROVIDER_LIMITS',
  'CALLERS_LIMITED',
  'STREAMS_IN_TROUBLE',
  'LOG_BEHIND',
  'INCIDENTS_GROW',
  'SWEEP_STUCK',
  'ROLLOUT_STOPPED',
  'BUDGET_NEARLY_SPENT',
] as const;
export type AlertName = (typeof ALERT_NAMES)[number];

/** Those that are judged by what was counted within a window: it may be beyond a threshold, and not, again and again. */
const COUNTED: ReadonlySet<AlertName> = new Set([
  'EXECUTIONS_FAIL',
  'PROVIDER_SLOW',
  'PROVIDER_LIMITS',
  'CALLERS_LIMITED',
  'STREAMS_IN_TROUBLE',
  'LOG_BEHIND',
  'INCIDENTS_GROW',
]);

/** Whether an alert is over only when it has not been so for a whole window. */
export function mayHover({ name }: Trouble): boolean {
  return COUNTED.has(name);
}

/** Something that is wrong now: one of a name and a subject at a time. */
export interface Trouble {
  readonly name: AlertName;
  /** What it is about, as an agent or a backend. */
  readonly subject: string;
  /** Of which workflow it is; absent: of none. */
  readonly workflowId?: string;
  /** What was measured; absent where there is no number. */
  readonly value?: number;
  /** What it was to stay within. */
  readonly threshold: number;
  /** A sentence for people. */
  readonly summary: string;
  /** It is told once, and wrong until then; RFC 3339. */
  readonly lastsUntil?: string;
}

/** One that fired. What was measured stays as it was then. */
export interface Alert extends Trouble {
  readonly id: string;
  /** When it fired; RFC 3339. */
  readonly since: string;
  /** When it was over; absent: it is not. */
  readonly endedAt?: string;
}

/** What to do about each, for people. */
export const WHAT_TO_DO: Readonly<Record<AlertName, string>> = {
  EXECUTIONS_FAIL:
    'circuit-breaker executions --status FAILED shows their codes; the guide to errors says what to do about each.',
  PROVIDER_SLOW:
    'A fallback takes over when a provider fails, not when it is slow: a shorter timeoutSeconds of the agents that use it makes it fail.',
  PROVIDER_LIMITS: 'RATE_LIMIT_PER_MINUTE spreads calls, and several keys share them.',
  CALLERS_LIMITED: 'API_RATE_LIMIT_PER_MINUTE is what each caller may ask; the audit says who was refused.',
  STREAMS_IN_TROUBLE:
    'The server of STREAM_URL does not take or give entries, or viewers do not take what is sent. Answers are kept; viewers wait.',
  LOG_BEHIND: 'Look at the server of STREAM_URL, and at its disk.',
  INCIDENTS_GROW: 'circuit-breaker incidents lists them, with what happened.',
  SWEEP_STUCK:
    'The logs of the API processes say what the sweep waits for. What is over stays as it is until it goes on.',
  ROLLOUT_STOPPED: 'Look at the executions that failed, mend the agent, and bring it in again by setRollout.',
  BUDGET_NEARLY_SPENT: 'When it is spent no more calls are made until the day is over, UTC: raise the budget, or wait.',
};
