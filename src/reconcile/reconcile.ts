import { activeTokens, mendToken, TokenComparison, type TokenFinding } from './compare-tokens.js';
import {
  ExecutionComparison,
  mendExecution,
  unendedExecutions,
  type ExecutionFinding,
  type ExecutionParts,
} from './compare-executions.js';
import { looksLost } from './disagreement.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

export interface ReconcileParts extends ExecutionParts {
  readonly temporal: ExecutionParts['temporal'] & Pick<TemporalGateway, 'hasAnythingOfOurs'>;
}

export interface ReconcileOptions {
  /** Say what would be done, and change nothing. */
  readonly isDryRun: boolean;
  /** RFC 3339: of what has ended in Temporal, only since then; absent: all that it still has. */
  readonly since?: string;
  readonly workflowId?: string;
  /** Tokens may be ended though Temporal knows none of them. */
  readonly isNamespaceLost: boolean;
}

export type Finding = TokenFinding | ExecutionFinding;

/** What became of a finding. `found`: it is a dry run. `refused`: tokens look lost altogether. `left`: nothing is done by itself.
 * `failed`: it was told to `onFailure`. */
export type Outcome = 'found' | 'done' | 'left' | 'refused' | 'failed';

export interface Reported {
  readonly finding: Finding;
  readonly outcome: Outcome;
}

export interface ReconcileSummary {
  readonly tokens: number;
  readonly executions: number;
  readonly disagreements: number;
  readonly done: number;
  /** How many active tokens Temporal does not know, where it seems to be another one than they live in: none of them was ended. */
  readonly lost?: number;
}

const EVER = '1970-01-01T00:00:00.000Z';

/**
 * Compares all tokens and executions of storage with Temporal, and all that Temporal has with storage; yields what they disagree on as
 * it is found, and returns the counts. What Temporal does not know comes last: only then it is known whether it knows any. Memory
 * grows by an id for each. May be cut off and repeated.
 */
export async function* reconcile(
  parts: ReconcileParts,
  options: ReconcileOptions,
): AsyncGenerator<Reported, ReconcileSummary> {
  const { storage, kept, temporal } = parts;
  const { workflowId, since = EVER } = options;
  const executions = new ExecutionComparison(parts, workflowId);
  const tokens = new TokenComparison(parts, workflowId);
  const unknown: TokenFinding[] = [];
  const counts = { disagreements: 0, done: 0 };
  const report = async (finding: Finding, isRefused = false): Promise<Reported> => {
    const outcome = isRefused ? 'refused' : await outcomeOf(parts, finding, options);
    counts.disagreements += 1;
    if (outcome === 'done') counts.done += 1;
    return { finding, outcome };
  };
  for await (const found of executions.all(kept.executionIds(since))) yield await report(found);
  for (const ids of [kept.tokenIds(since), activeTokens(storage.tokens, workflowId)])
    for await (const found of tokens.all(ids)) {
      if (found.disagreement === 'HISTORY_GONE') unknown.push(found);
      else yield await report(found);
    }
  const { known } = tokens;
  const isLost =
    !options.isNamespaceLost &&
    looksLost({ known, unknown: unknown.length, hasOurs: unknown.length > 0 && (await temporal.hasAnythingOfOurs()) });
  for (const found of unknown) yield await report(found, isLost);
  // An execution of a token that ended above has ended with it.
  if (!isLost) for await (const found of executions.all(unendedExecutions(storage))) yield await report(found);
  const lost = isLost ? { lost: unknown.length } : {};
  return { tokens: tokens.seen, executions: executions.seen, ...counts, ...lost };
}

async function outcomeOf(parts: ReconcileParts, finding: Finding, { isDryRun }: ReconcileOptions): Promise<Outcome> {
  if (isDryRun) return 'found';
  try {
    const isDone = finding.type === 'token' ? await mendToken(parts, finding) : await mendExecution(parts, finding);
    return isDone ? 'done' : 'left';
  } catch (error) {
    parts.signal.throwIfAborted();
    parts.onFailure(finding.id, error);
    return 'failed';
  }
}
