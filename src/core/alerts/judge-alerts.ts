import { INLINE_WORKFLOWS } from '../definitions/inline-workflow.js';
import type { Trouble } from './alert.js';
import { sumOfTallies, timesOfFirstWords, type Tally, type TallySum } from './tally.js';

/** What each number was to stay within. */
export interface AlertThresholds {
  /** Of the executions of an agent that end, the part that may fail: from 0 to 1. */
  readonly failureRate: number;
  /** Within which 95 of 100 first words of a model come. */
  readonly firstWordSeconds: number;
  /** Calls that providers may refuse an agent. */
  readonly providerLimits: number;
  /** Requests of callers that may be refused. */
  readonly callersLimited: number;
  /** Operations that the stream log may fail to carry out. */
  readonly logFailures: number;
  readonly viewersDropped: number;
  readonly logWaitSeconds: number;
  /** By how many more tokens of a workflow may be stuck. */
  readonly incidents: number;
  readonly sweepLateSeconds: number;
}

/** An agent that was turned off because it failed too often. */
export interface StoppedAgent {
  readonly workflowId: string;
  /** The transition or the place agent that uses it. */
  readonly use: string;
  readonly agentId: string;
  readonly because: string;
  /** From 0 to 1. */
  readonly maxErrorRate: number;
}

/** What is known of all processes together. */
export interface Measured {
  /** Of the window, the oldest first. */
  readonly tallies: readonly Tally[];
  readonly windowSeconds: number;
  /** Since when a round of the sweep is overdue in every process, in seconds. */
  readonly sweepLateSeconds: number;
  readonly stopped: readonly StoppedAgent[];
  /** RFC 3339. */
  readonly now: string;
}

/** Fewer failures of an agent say nothing of a part of its executions. */
const FEWEST_FAILURES = 4;
/** Fewer first words say nothing of how long most take. */
const FEWEST_WORDS = 5;
const QUANTILE = 0.95;
const NEARLY_SPENT_PERCENT = 80;

/** All that is wrong by what is known. Pure; the worst of a kind first. */
export function troublesIn(measured: Measured, thresholds: AlertThresholds): readonly Trouble[] {
  const { tallies, windowSeconds, sweepLateSeconds, stopped, now } = measured;
  const sum = sumOfTallies(tallies);
  const within = `within ${windowSeconds} seconds`;
  const found = [
    ...failingAgents(sum, thresholds, within),
    ...slowModels(sum, thresholds),
    ...over(sum.providerLimits, thresholds.providerLimits, (agent, count) => ({
      name: 'PROVIDER_LIMITS',
      subject: agent,
      summary: `The provider of agent ${agent} refused ${count} calls ${within} because there were too many`,
    })),
    ...over(sum.callersLimited, thresholds.callersLimited, (_, count) => ({
      name: 'CALLERS_LIMITED',
      subject: 'callers',
      summary: `${count} requests of callers were refused ${within} because they ask too often`,
    })),
    ...over(sum.logFailures, thresholds.logFailures, (backend, count) => ({
      name: 'STREAMS_IN_TROUBLE',
      subject: `log ${backend}`,
      summary: `The stream log (${backend}) failed ${count} times ${within}`,
    })),
    ...over(sum.viewersDropped, thresholds.viewersDropped, (door, count) => ({
      name: 'STREAMS_IN_TROUBLE',
      subject: `viewers ${door}`,
      summary: `${count} viewers (${door}) were let go ${within} because they took nothing`,
    })),
    ...over(sum.logWaits, thresholds.logWaitSeconds, (backend, seconds) => ({
      name: 'LOG_BEHIND',
      subject: backend,
      summary: `An append to the stream log (${backend}) has waited for ${rounded(seconds)} seconds`,
    })),
    ...growingIncidents(tallies, thresholds, within),
    ...over(new Map([['sweep', sweepLateSeconds]]), thresholds.sweepLateSeconds, (sweep, seconds) => ({
      name: 'SWEEP_STUCK',
      subject: sweep,
      summary: `No API process has ended a round of the sweep for ${rounded(seconds)} seconds more than it should have`,
    })),
    ...stopped.map(stoppedTrouble),
    ...budgets(sum, now),
  ];
  return found.toSorted((one, other) => (other.value ?? 0) - (one.value ?? 0));
}

type Told = Pick<Trouble, 'name' | 'subject' | 'summary' | 'workflowId'>;

/** What is beyond a threshold of what was counted. */
function over(
  counted: ReadonlyMap<string, number>,
  threshold: number,
  tell: (subject: string, value: number) => Told,
): readonly Trouble[] {
  return [...counted].flatMap(([subject, value]) =>
    value > threshold ? [{ ...tell(subject, value), value: rounded(value), threshold }] : [],
  );
}

function failingAgents(sum: TallySum, { failureRate }: AlertThresholds, within: string): readonly Trouble[] {
  return [...sum.executionsFailed].flatMap(([agent, failed]) => {
    const ended = Math.max(failed, sum.executionsEnded.get(agent) ?? 0);
    if (failed < FEWEST_FAILURES) return [];
    return over(new Map([[agent, failed / ended]]), failureRate, () => ({
      name: 'EXECUTIONS_FAIL',
      subject: agent,
      summary: `${failed} of ${ended} executions of agent ${agent} failed ${within}`,
    }));
  });
}

function slowModels(sum: TallySum, { firstWordSeconds }: AlertThresholds): readonly Trouble[] {
  const slow = [...timesOfFirstWords(sum.firstWords)].flatMap(([model, times]): [string, number][] => {
    const all = times.reduce((total, { count }) => total + count, 0);
    return all < FEWEST_WORDS ? [] : [[model, quantile(times, all)]];
  });
  return over(new Map(slow), firstWordSeconds, (model, seconds) => ({
    name: 'PROVIDER_SLOW',
    subject: model,
    summary: `${model} takes up to ${rounded(seconds)} seconds until its first word (95 of 100)`,
  }));
}

function quantile(times: readonly { readonly seconds: number; readonly count: number }[], all: number): number {
  let seen = 0;
  for (const { seconds, count } of times.toSorted((one, other) => one.seconds - other.seconds)) {
    seen += count;
    if (seen >= all * QUANTILE) return seconds;
  }
  return 0;
}

/** By how much each workflow has more tokens that are stuck than when the window began, as far as somebody looked. */
function growingIncidents(
  tallies: readonly Tally[],
  { incidents: threshold }: AlertThresholds,
  within: string,
): readonly Trouble[] {
  const seen = tallies.flatMap(({ incidents }) => (incidents === undefined ? [] : [incidents]));
  const before = new Map(Object.entries(seen.at(0) ?? {}));
  const grown = Object.entries(seen.at(-1) ?? {}).map(([workflow, count]): [string, number] => [
    workflow,
    count - (before.get(workflow) ?? 0),
  ]);
  return over(new Map(grown), threshold, (workflow, count) => ({
    name: 'INCIDENTS_GROW',
    subject: workflow,
    // These are many, of which a caller may see some.
    ...(workflow === INLINE_WORKFLOWS ? {} : { workflowId: workflow }),
    summary: `${count} more tokens of workflow ${workflow} are stuck ${within}`,
  }));
}

function stoppedTrouble({ workflowId, use, agentId, because, maxErrorRate }: StoppedAgent): Trouble {
  const summary = `Agent ${agentId} was turned off at ${use} of workflow ${workflowId}: ${because}`;
  return { name: 'ROLLOUT_STOPPED', subject: `${workflowId} ${use}`, workflowId, threshold: maxErrorRate, summary };
}

/** Told once a day each, and over with the day. */
function budgets(sum: TallySum, now: string): readonly Trouble[] {
  const today = now.slice(0, 10);
  return [...sum.budgets.keys()].flatMap((key): Trouble[] => {
    const [day, scope = ''] = key.split(' ', 2);
    if (day !== today) return [];
    const [kind, id] = [scope.slice(0, scope.indexOf('/')), scope.slice(scope.indexOf('/') + 1)];
    const tomorrow = new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString();
    return [
      {
        name: 'BUDGET_NEARLY_SPENT',
        subject: `${kind} ${id}`,
        ...(kind === 'workflow' ? { workflowId: id } : {}),
        value: NEARLY_SPENT_PERCENT,
        threshold: NEARLY_SPENT_PERCENT,
        summary: `The budget of ${kind} ${id} for ${day} is spent to ${NEARLY_SPENT_PERCENT} %`,
        lastsUntil: tomorrow,
      },
    ];
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
