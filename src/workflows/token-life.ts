import { condition, log, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

import { recallFire, rememberFire, type AcceptedFires } from '../core/accepted-fires.js';
import { transitionAvailability, type TransitionAvailability } from '../core/available-transitions.js';
import { decide } from '../core/decide.js';
import type { Decision, Effect, Facts, TokenInput } from '../core/decision.js';
import type { WorkflowDefinition } from '../core/definition.js';
import { describeToken } from '../core/describe-token.js';
import { parseFireRequest, type FireRequest } from '../core/fire-request.js';
import { newToken } from '../core/new-token.js';
import { pendingExecution } from '../core/pending-execution.js';
import { parseTokenStart, type TokenStart } from '../core/token-start.js';
import type { Token } from '../core/token.js';
import { finalCause, finalFailure, refusalFailure } from './failures.js';
import type { FireAccepted } from './messages.js';
import { quickly, runExecution } from './perform.js';
import { searchAttributes } from './search-attributes.js';
import { TokenRecorder } from './token-recorder.js';

interface Loaded {
  readonly definition: WorkflowDefinition;
  readonly executionIdSuffix?: string;
}

/** One token while its Temporal workflow runs: decides what arrives, performs what follows, records what changed. */
export class TokenLife {
  private loaded: Loaded | undefined;
  private current: Token | undefined;
  private failure: Error | undefined;
  private acceptedFires: AcceptedFires = [];
  private readonly recorder = new TokenRecorder(workflowInfo().firstExecutionRunId);

  /** Loads the definition and creates the token. Throws what makes the token impossible. */
  async begin(message: unknown): Promise<void> {
    try {
      const { data, metadata, ...request } = tokenStartOf(message);
      const { workflowId, firstExecutionRunId } = workflowInfo();
      this.loaded = await quickly('loadDefinition', { ...request, tokenId: workflowId, chainId: firstExecutionRunId });
      const seed = { ...request, id: workflowId, ...(data && { data }), ...(metadata && { metadata }) };
      this.current = newToken(this.loaded.definition, seed, this.facts());
    } catch (error) {
      this.failure = finalCause(error);
      throw this.failure;
    }
    await this.apply({ type: 'created' });
  }

  get token(): Token {
    if (this.current === undefined)
      throw finalFailure({ code: 'UNAVAILABLE', message: 'The token is still being created.' });
    return this.current;
  }

  /** Closed, and everything that was decided is recorded. */
  get isOver(): boolean {
    return this.current !== undefined && this.current.status !== 'ACTIVE' && this.recorder.isIdle;
  }

  availableTransitions(): readonly TransitionAvailability[] {
    return transitionAvailability(this.definition, this.token);
  }

  /** Rejects a fire that `fire` would refuse. Until the token is created it lets everything in. */
  validateFire(message: unknown): void {
    const request = fireRequestOf(message);
    if (this.current === undefined || this.recall(request).type === 'repeated') return;
    const { refusal } = this.decide({ type: 'fire', ...request });
    if (refusal !== undefined) throw refusalFailure(refusal);
  }

  async fire(message: unknown): Promise<FireAccepted> {
    const request = fireRequestOf(message);
    await this.created();
    const recalled = this.recall(request);
    if (recalled.type === 'repeated') return answer(this.token, recalled.executionId);
    const decision = this.decide({ type: 'fire', ...request });
    if (decision.refusal !== undefined) throw refusalFailure(decision.refusal);
    const executionId = startedBy(decision, request);
    this.acceptedFires = rememberFire(this.acceptedFires, request, executionId);
    await this.enact(decision);
    return answer(this.token, executionId);
  }

  /** A signal cannot answer: a refusal becomes an event of the token, and garbage a line in the log. */
  async fireSignalled(message: unknown): Promise<void> {
    const request = parseFireRequest(message);
    if (typeof request === 'string') {
      log.warn('Ignored a fireTransition signal', { reason: request });
      return;
    }
    await this.created();
    if (this.recallQuietly(request) !== 'new') return;
    const decision = this.decide({ type: 'fire', ...request });
    if (decision.refusal === undefined) {
      this.acceptedFires = rememberFire(this.acceptedFires, request, startedBy(decision, request));
    }
    await this.enact(decision);
  }

  private async created(): Promise<void> {
    await condition(() => this.current !== undefined || this.failure !== undefined);
    if (this.failure !== undefined) throw this.failure;
  }

  private async apply(input: TokenInput): Promise<void> {
    await this.enact(this.decide(input));
  }

  /** Puts a decision into force before anything is awaited: what arrives next decides on the new token. */
  private async enact({ token, events, effects }: Decision): Promise<void> {
    this.current = token;
    for (const effect of effects) void this.perform(effect);
    this.showInTemporal(token);
    if (events.length === 0) return;
    const executions = effects.map(({ execution }) => pendingExecution(execution, token.updatedAt));
    await this.recorder.record({ token, events, executions });
  }

  private async perform({ execution }: Effect): Promise<void> {
    const outcome = await runExecution(execution);
    await this.apply({ type: 'execution-ended', executionId: execution.executionId, outcome });
  }

  private decide(input: TokenInput): Decision {
    return decide(this.definition, this.token, input, this.facts());
  }

  private recall(request: FireRequest) {
    const recalled = recallFire(this.acceptedFires, request);
    if (recalled.type !== 'mismatch') return recalled;
    const message = `The idempotency key "${request.idempotencyKey ?? ''}" was used for another fire; use a new key.`;
    throw finalFailure({ code: 'IDEMPOTENCY_MISMATCH', message });
  }

  private recallQuietly(request: FireRequest): 'new' | 'repeated' | 'mismatch' {
    const { type } = recallFire(this.acceptedFires, request);
    if (type === 'mismatch') log.warn('Ignored a fireTransition signal', { reason: 'idempotency key of another fire' });
    return type;
  }

  private get definition(): WorkflowDefinition {
    if (this.loaded === undefined)
      throw finalFailure({ code: 'UNAVAILABLE', message: 'The token is still being created.' });
    return this.loaded.definition;
  }

  private facts(): Facts {
    const suffix = this.loaded?.executionIdSuffix;
    return { now: new Date().toISOString(), ...(suffix === undefined ? {} : { executionIdSuffix: suffix }) };
  }

  private showInTemporal(token: Token): void {
    const shown = workflowInfo().typedSearchAttributes;
    const wanted = [
      { key: searchAttributes.workflow, value: token.workflowId },
      { key: searchAttributes.place, value: token.place },
      { key: searchAttributes.status, value: token.status },
    ];
    const changed = wanted.filter(({ key, value }) => shown.get(key) !== value);
    if (changed.length > 0) upsertSearchAttributes(changed);
    setCurrentDetails(describeToken(token));
  }
}

function fireRequestOf(message: unknown): FireRequest {
  const request = parseFireRequest(message);
  if (typeof request !== 'string') return request;
  throw finalFailure({ code: 'VALIDATION_FAILED', message: `The fire is not valid: ${request}.` });
}

function tokenStartOf(message: unknown): TokenStart {
  const start = parseTokenStart(message);
  if (typeof start !== 'string') return start;
  throw finalFailure({ code: 'VALIDATION_FAILED', message: `The token cannot start: ${start}.` });
}

/** The execution that a fire itself started: automatic transitions behind it may start others. */
function startedBy({ effects }: Decision, request: FireRequest): string | undefined {
  return effects.find(({ execution }) => execution.token?.transitionId === request.transitionId)?.execution.executionId;
}

function answer(token: Token, executionId: string | undefined): FireAccepted {
  return executionId === undefined ? { token } : { token, executionId };
}
