import type { ExecutionFinding } from './compare-executions.js';
import type { TokenFinding } from './compare-tokens.js';
import type { Standing, TemporalStanding } from './disagreement.js';

/** What both sides say, for people. */
export function inWords(finding: TokenFinding | ExecutionFinding): {
  readonly storage: string;
  readonly temporal: string;
} {
  if (finding.type === 'execution') return { storage: finding.stored ?? 'not there', temporal: finding.temporal };
  const { stored, temporal } = finding;
  return { storage: stored === undefined ? 'not there' : placeOf(stored), temporal: temporalWords(temporal) };
}

function temporalWords(temporal: TemporalStanding): string {
  switch (temporal.type) {
    case 'kept':
      return placeOf(temporal.token);
    case 'cut-off':
      return `ended from outside (${temporal.close.toLowerCase().replace('_', ' ')})`;
    case 'ended':
      return 'ended';
    case 'unknown':
      return 'not there';
  }
}

function placeOf({ place, status, version }: Standing): string {
  return `${status} in ${place}, version ${version}`;
}
