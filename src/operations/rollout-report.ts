import { findTransition, type AgentUse } from '../core/definitions/definition.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import { FULL_ROLLOUT, inForce, isSameUse, type RolloutInForce, type UseRollout } from '../core/definitions/rollout.js';
import { CircuitBreakerError } from '../core/errors.js';
import { transitionPath } from '../core/engine/shadow.js';
import type { AgentExecution, ExecutionResult } from '../core/executions/execution.js';
import type { ExecutionOutline } from '../core/executions/execution-outline.js';
import { RuleBudget } from '../core/rules/rule-budget.js';
import { withPrograms } from '../core/validation/compile-rules.js';
import { sideSum, type SideSum } from '../core/executions/side-sums.js';
import { compareShadow, type ShadowComparison } from '../core/tokens/compare-shadow.js';
import type { Storage } from '../storage/storage.js';
import type { StoredTokenEvent } from '../storage/token-store.js';
import { executionsOfUse } from './executions-of-use.js';
import { usedIn, type NamedUse } from './used-in.js';
import { additionsTo } from './workflow-additions.js';

/** As many executions of the use are in one report. */
const MOST_EXECUTIONS = 20_000;
/** The newest shadows that are compared: each is looked for in the events of its token. */
const MOST_COMPARED = 1000;
/** The oldest of one token, read for a comparison. What began behind them is not compared. */
const MOST_EVENTS = 5000;
const MOST_EXAMPLES = 20;
const DAY_MS = 86_400_000;

export interface ReportedUse extends NamedUse {
  /** RFC 3339, by the creation of executions. Absent: since what was said last of the use, or for a day. */
  readonly since?: string;
  /** RFC 3339: before this. Absent: until now. */
  readonly until?: string;
}

/** A token that an agent in the shadow would have moved elsewhere. */
export interface ElsewhereExample extends Required<Pick<ShadowComparison, 'path' | 'happened'>> {
  readonly tokenId: string;
  readonly executionId: string;
}

export interface RolloutReport {
  readonly rollout: RolloutInForce;
  readonly since: string;
  readonly until: string;
  /** Those whose output was applied. */
  readonly on: SideSum;
  readonly shadow: SideSum;
  /** Of the shadows, those that can be compared with what happened. */
  readonly compared: number;
  readonly elsewhere: number;
  /** Those whose tokens may still do as they would have. */
  readonly undecided: number;
  readonly examples: readonly ElsewhereExample[];
}

/** What was said of another agent holds of that one only. */
function versionsInForce(said: UseRollout | undefined, use: AgentUse): RolloutInForce['agentVersions'] {
  return said?.agentId === use.agentId ? (said.agentVersions ?? use.agentVersions) : use.agentVersions;
}

interface ReportParts {
  readonly storage: Storage;
  readonly now: () => string;
  /** Does a part of the computing, of which there may be too much. */
  readonly work: { run<Result>(work: () => Result): Promise<Awaited<Result>> };
}

/**
 * How the use of an agent has done: what it cost, how long it took, how often it failed, and where it ran in the shadow how often it
 * would have moved its token elsewhere. Throws NOT_FOUND, and VALIDATION_FAILED where the span is none, or has too much.
 */
export async function rolloutReport(parts: ReportParts, asked: ReportedUse): Promise<RolloutReport> {
  const { storage } = parts;
  const { id, use } = await usedIn(parts, asked);
  const said = (await storage.rollouts.listForWorkflow(asked.workflowId)).find((kept) => isSameUse(kept.use, id));
  const until = asked.until ?? parts.now();
  const since = asked.since ?? said?.saidAt ?? new Date(Date.parse(until) - DAY_MS).toISOString();
  if (until < since) {
    throw new CircuitBreakerError('VALIDATION_FAILED', 'A report needs an `until` that is not before its `since`.');
  }
  const span = { workflowId: asked.workflowId, since, before: until, most: MOST_EXECUTIONS };
  const { executions, isCut } = await executionsOfUse(storage.executions, id, span);
  if (isCut) {
    const message = `The report would have more than ${MOST_EXECUTIONS} executions: ask for a shorter time.`;
    throw new CircuitBreakerError('VALIDATION_FAILED', message);
  }
  const shadows = executions.filter(({ shadow }) => shadow === true);
  const comparisons = await compared(parts, shadows);
  const decided = comparisons.filter(({ isElsewhere }) => isElsewhere !== undefined);
  const elsewhere = decided.filter(({ isElsewhere }) => isElsewhere === true);
  return {
    rollout: inForce(said?.rollout ?? use.rollout ?? FULL_ROLLOUT, versionsInForce(said, use)),
    since,
    until,
    on: sideSum(executions.filter(({ shadow }) => shadow !== true)),
    shadow: sideSum(shadows),
    compared: decided.length,
    elsewhere: elsewhere.length,
    undecided: comparisons.length - decided.length,
    examples: elsewhere.slice(0, MOST_EXAMPLES),
  };
}

type Compared = ElsewhereExample & Pick<ShadowComparison, 'isElsewhere'>;

/** Those that have a path, in the order that they came in: of one that failed nobody knows where its token would have gone. */
async function compared(
  { storage, work }: ReportParts,
  shadows: readonly ExecutionOutline[],
): Promise<readonly Compared[]> {
  const comparisons = new Map<string, Compared>();
  let read: { readonly tokenId: string; readonly events: readonly StoredTokenEvent[] } | undefined;
  const completed = shadows.filter(({ status }) => status === 'COMPLETED').slice(0, MOST_COMPARED);
  for (const execution of completed.toSorted(byToken)) {
    const { id: executionId, tokenId } = execution;
    if (tokenId === undefined) continue;
    if (read?.tokenId !== tokenId) read = { tokenId, events: await eventsOf(storage, tokenId) };
    const { events } = read;
    let comparison = await work.run(() => compareShadow(events, { executionId }));
    if (comparison.path === undefined) {
      const known = await knownPath(storage, execution);
      comparison = await work.run(() => compareShadow(events, { executionId, known }));
    }
    const { path, happened, isElsewhere } = comparison;
    if (path === undefined) continue;
    const decided = isElsewhere === undefined ? {} : { isElsewhere };
    comparisons.set(executionId, { tokenId, executionId, path, happened, ...decided });
  }
  return completed.flatMap(({ id }) => comparisons.get(id) ?? []);
}

function byToken({ tokenId: one = '' }: ExecutionOutline, { tokenId: other = '' }: ExecutionOutline): number {
  return one < other ? -1 : Number(one > other);
}

async function eventsOf({ tokens }: Storage, tokenId: string): Promise<readonly StoredTokenEvent[]> {
  const events: StoredTokenEvent[] = [];
  for (let last = 0; events.length < MOST_EVENTS;) {
    const some = await tokens.listEvents(tokenId, { after: last, first: 200 });
    events.push(...some);
    if (some.length < 200) break;
    last = some.at(-1)?.sequence ?? last;
  }
  return events;
}

/** Of a token that ended before its shadow did: with its data as it is, since nothing has changed it then. */
async function knownPath(
  storage: Storage,
  { id, tokenId = '', transitionId = '' }: ExecutionOutline,
): Promise<readonly string[] | undefined> {
  const token = await storage.tokens.get(tokenId);
  if (token === undefined || token.status === 'ACTIVE') return undefined;
  const stored = await storage.workflows.get(token.workflowId, token.workflowVersion);
  const execution = await storage.executions.get(id);
  if (stored === undefined || execution === undefined) return undefined;
  const additions = await additionsTo(storage, token.workflowId);
  const definition = withPrograms(effectiveDefinition(stored.definition, additions));
  const situation = { definition, token, budget: new RuleBudget() };
  const outcome = { status: 'succeeded', result: resultOf(execution) } as const;
  return transitionPath(situation, findTransition(definition, transitionId), outcome);
}

function resultOf({ id, agentId, agentVersion, attempts, ...execution }: AgentExecution): ExecutionResult {
  const { finalResponse: response = '', output, completedAt: timestamp = '' } = execution;
  return {
    executionId: id,
    agentId,
    agentVersion,
    model: attempts.at(-1)?.model ?? '',
    response,
    ...(output === undefined ? {} : { output }),
    usage: execution.usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    timestamp,
  };
}
