import type { SideSum } from '../../core/executions/side-sums.js';
import { usdWords } from '../../core/executions/usd-words.js';

/** How far the use of an agent is brought in, as the API has it. */
export interface ShownRollout {
  readonly mode: string;
  readonly percent: number;
  readonly maxErrorRate: number | null;
  readonly stoppedBecause: string | null;
}

export interface ShownReport {
  readonly rollout: ShownRollout;
  readonly since: string;
  readonly compared: number;
  readonly elsewhere: number;
  readonly undecided: number;
  readonly examples: readonly {
    readonly tokenId: string;
    readonly path: readonly string[];
    readonly happened: readonly string[];
  }[];
  readonly on: SideSum;
  readonly shadow: SideSum;
}

/** For how many of the tokens an agent is on, off or in the shadow. */
export function rolloutLine({ mode, percent, maxErrorRate }: ShownRollout): string {
  const until = maxErrorRate === null ? '' : `, until more than ${share(maxErrorRate)} of its executions fail`;
  return mode === 'off' ? 'off' : `${mode} for ${percent} % of the tokens${until}`;
}

/** How the use of an agent has done, for people. */
export function reportLines({ rollout, since, on, shadow, ...report }: ShownReport): readonly string[] {
  const { compared, elsewhere, undecided, examples } = report;
  return [
    `Rollout   ${rolloutLine(rollout)}`,
    ...(rollout.stoppedBecause === null ? [] : [`Stopped   ${rollout.stoppedBecause}`]),
    `Since     ${since}`,
    ...sideLines('On', on),
    ...sideLines('Shadow', shadow),
    ...(shadow.executions === 0
      ? []
      : [`Compared  ${compared}: ${elsewhere} would have moved their tokens elsewhere. Undecided: ${undecided}`]),
    ...examples.map(
      ({ tokenId, path, happened }) => `  ${tokenId} ${way('would have gone', path)}, ${way('went', happened)}`,
    ),
  ];
}

function sideLines(name: string, side: SideSum): readonly string[] {
  const { executions, failed, errorRate, errors, medianMs, p95Ms, totalTokens, costUsd } = side;
  if (executions === 0) return [`${name.padEnd(10)}no executions`];
  const facts = [
    `${executions} ${executions === 1 ? 'execution' : 'executions'}`,
    `${failed} failed${errorRate === null ? '' : ` (${share(errorRate)})`}`,
    ...(medianMs === null || p95Ms === null ? [] : [`median ${medianMs} ms`, `p95 ${p95Ms} ms`]),
    `${totalTokens} tokens`,
    costUsd === null ? 'cost not known' : usdWords(costUsd),
  ];
  return [
    `${name.padEnd(10)}${facts.join(', ')}`,
    ...errors.map(({ code, executions: count }) => `  ${code} ${count}`),
  ];
}

function way(verb: string, places: readonly string[]): string {
  return places.length === 0 ? `${verb} nowhere` : `${verb} to ${places.join(' → ')}`;
}

function share(part: number): string {
  return `${Math.round(part * 1000) / 10} %`;
}
