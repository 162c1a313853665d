import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { decide } from '../core/engine/decide.js';
import type { Migration } from '../core/engine/decision.js';
import { CircuitBreakerError, notFound, validationFailed } from '../core/errors.js';
import type { Blocker } from '../core/rules/blocker.js';
import type { Token } from '../core/tokens/token.js';
import { additionsTo } from './workflow-additions.js';
import { withPrograms } from '../core/validation/compile-rules.js';
import type { PageRequest } from '../storage/page.js';
import { nextTurn } from './in-turns.js';
import type { OperationParts } from './operation-parts.js';
import { placeMapping, type PlacePair } from './place-mapping.js';
import { settledToken } from './settle-token.js';

export interface MigrationInput {
  readonly workflowId: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly placeMapping: readonly PlacePair[];
}

/** A token that stays under its version, and every reason. */
export interface RefusedMigration {
  readonly tokenId: string;
  readonly place: string;
  readonly reasons: readonly Blocker[];
}

/** What became of some tokens, or would. */
export interface TokenMigration {
  readonly migrated: number;
  /** They were over when their turn came. */
  readonly alreadyOver: number;
  /** They have ended meanwhile, as they were. */
  readonly ended: number;
  readonly refused: readonly RefusedMigration[];
  /** Behind the last of these tokens; absent: there are no more. */
  readonly next?: string;
}

type Outcome = 'migrated' | 'alreadyOver' | 'ended' | RefusedMigration;

/** So many are read together, each of up to half a megabyte, and changed at once. */
const TOKENS_AT_ONCE = 20;
/** No more are begun after this, so that whoever asks has an answer while something is slow. */
const LONGEST_MS = 20_000;

/**
 * Has a page of the active tokens of one version of a workflow go over to another version: the next ones `after` a cursor, newest first,
 * and fewer than `first` where it takes long. Can be done again: a token goes over once. With `dryRun` nothing changes. Throws
 * NOT_FOUND, VALIDATION_FAILED for versions that are the same and for a mapping that does not fit, and UNAVAILABLE where Temporal is away.
 */
export async function migrateTokens(
  parts: OperationParts,
  input: MigrationInput,
  { dryRun, page }: { readonly dryRun: boolean; readonly page: PageRequest },
): Promise<TokenMigration> {
  const plan = await planOf(parts, input);
  const until = performance.now() + LONGEST_MS;
  const outcomes: Outcome[] = [];
  for (let { after } = page; ;) {
    const first = Math.min(TOKENS_AT_ONCE, page.first - outcomes.length);
    const { items, hasNextPage } = await parts.storage.tokens.list(
      { workflowId: input.workflowId, workflowVersion: input.fromVersion, status: 'ACTIVE' },
      { first, ...(after === undefined ? {} : { after }) },
    );
    const tokens = items.map(({ item }) => item);
    outcomes.push(...(await outcomesOf(parts, plan, { tokens, dryRun })));
    if (!hasNextPage) return summary(outcomes);
    after = items.at(-1)?.cursor;
    const isOver = outcomes.length >= page.first || performance.now() > until;
    if (isOver && after !== undefined) return { ...summary(outcomes), next: after };
  }
}

/** Two versions of a workflow as tokens live by them, and what leads from one to the other. */
interface Plan extends Migration {
  readonly source: WorkflowDefinition;
}

async function planOf({ storage }: OperationParts, input: MigrationInput): Promise<Plan> {
  const { workflowId, fromVersion, toVersion } = input;
  const added = await additionsTo(storage, workflowId);
  const version = async (number: number): Promise<WorkflowDefinition> => {
    const stored = await storage.workflows.get(workflowId, number);
    if (stored === undefined) throw notFound('workflow', `${workflowId} version ${number}`);
    return withPrograms(effectiveDefinition(stored.definition, added));
  };
  const source = await version(fromVersion);
  if (fromVersion === toVersion) {
    const message = 'toVersion is fromVersion: tokens go over to another version';
    throw validationFailed('The migration', [{ code: 'INVALID_VALUE', pointer: '/toVersion', message }]);
  }
  const target = await version(toVersion);
  return { fromVersion, source, target, placeMapping: placeMapping(input.placeMapping, { source, target }) };
}

interface Batch {
  readonly tokens: readonly Token[];
  readonly dryRun: boolean;
}

/** What each token comes to. Throws what nobody expected, when all have come to something. */
async function outcomesOf(parts: OperationParts, plan: Plan, { tokens, dryRun }: Batch): Promise<readonly Outcome[]> {
  const found = new Map<Token, Outcome>();
  for (const token of tokens) {
    // Rules take their time.
    await nextTurn();
    const reasons = foreseen(parts, plan, token);
    if (reasons.length > 0) found.set(token, refused(token, reasons));
  }
  const come = dryRun ? wouldGo : goes;
  const settled = await Promise.allSettled(
    tokens.map(async (token) => found.get(token) ?? (await come(parts, plan, token))),
  );
  const outcomes = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  if (outcomes.some(isUnreached)) await parts.temporal.ping();
  return outcomes;
}

/** What stands against it, by the token as it was recorded last. */
function foreseen({ now }: OperationParts, { source, ...migration }: Plan, token: Token): readonly Blocker[] {
  const { refusal } = decide(source, token, { type: 'migrate', ...migration }, { now: now() });
  return refusal === undefined ? [] : reasonsIn(refusal.code, refusal.message, refusal.blockers);
}

/** Of a dry run: Temporal is asked for nothing but whether it runs the token. */
async function wouldGo({ temporal }: OperationParts, _: Plan, token: Token): Promise<Outcome> {
  const close = await temporal.closeOf('token', token.id);
  if (close === 'RUNNING') return 'migrated';
  return close === 'COMPLETED' ? 'ended' : refused(token, [lost(close?.toLowerCase() ?? 'unknown')]);
}

async function goes(
  parts: OperationParts,
  { target, fromVersion, placeMapping }: Plan,
  token: Token,
): Promise<Outcome> {
  const request = { fromVersion, toVersion: target.version, ...(placeMapping === undefined ? {} : { placeMapping }) };
  try {
    const { migrated } = await parts.temporal.migrate(token.id, request);
    return migrated ? 'migrated' : 'alreadyOver';
  } catch (error) {
    if (!(error instanceof CircuitBreakerError)) throw error;
    const { code, message, facts } = error;
    if (code === 'NOT_FOUND' || code === 'TOKEN_CLOSED') return await endedOutcome(parts, target, token);
    return refused(token, reasonsIn(code, message, facts.blockers ?? []));
  }
}

/** Of a token whose Temporal workflow takes nothing any more. */
async function endedOutcome(parts: OperationParts, { version }: WorkflowDefinition, token: Token): Promise<Outcome> {
  const now = (await settledToken(parts, token.id)) ?? token;
  if (now.workflowVersion === version) return 'alreadyOver';
  if (now.status === 'TERMINATED') return refused(token, [lost('terminated')]);
  if (now.status !== 'ACTIVE') return 'ended';
  return refused(token, [{ code: 'UNREACHABLE', message: 'it is about to end: call again' }]);
}

function reasonsIn(
  code: CircuitBreakerError['code'],
  message: string,
  blockers: readonly Blocker[],
): readonly Blocker[] {
  if (code === 'MIGRATION_REFUSED') return blockers;
  return [{ code: code === 'TOKEN_TOO_LARGE' ? 'START_TOO_LARGE' : 'UNREACHABLE', message }];
}

function lost(how: string): Blocker {
  return { code: 'WORKFLOW_LOST', message: `Temporal does not run its workflow any more (${how})` };
}

function refused({ id, place }: Token, reasons: readonly Blocker[]): RefusedMigration {
  return { tokenId: id, place, reasons };
}

function isUnreached(outcome: Outcome): boolean {
  return typeof outcome === 'object' && outcome.reasons.some(({ code }) => code === 'UNREACHABLE');
}

function summary(outcomes: readonly Outcome[]): TokenMigration {
  const count = (one: Outcome) => outcomes.filter((outcome) => outcome === one).length;
  return {
    migrated: count('migrated'),
    alreadyOver: count('alreadyOver'),
    ended: count('ended'),
    refused: outcomes.filter((outcome) => typeof outcome === 'object'),
  };
}
