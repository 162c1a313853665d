import { allHandlersFinished, condition, log, workflowInfo } from '@temporalio/workflow';

import type { TransitionAvailability } from '../core/engine/available-transitions.js';
import type { Decision, Migration, TokenInput } from '../core/engine/decision.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import type { IdempotentFires } from '../core/tokens/idempotent-fires.js';
import { nextDue } from '../core/engine/place-agent-schedule.js';
import { tokenTooLarge } from '../core/tokens/token-size.js';
import type { Token } from '../core/tokens/token.js';
import { finalCause, finalFailure } from '../contract/failures.js';
import { summaryOf } from '../contract/summary.js';
import type { FireAccepted, Migrated } from '../contract/messages.js';
import type { CarriedToken } from './carried-token.js';
import { Alarm } from './alarm.js';
import { DefinitionLookups } from './definition-lookups.js';
import { GivenIds } from './given-ids.js';
import { KeyedFires } from './keyed-fires.js';
import { isWithoutAgents } from '../core/engine/end-without-agents.js';
import { ownValue } from '../core/json/json.js';
import { noted } from './failure-in-log.js';
import { quickly } from './perform.js';
import { fires, migrations, signalledFire, tokenStartOf } from './read-messages.js';
import { RunEnd } from './run-end.js';
import { showInTemporal } from './show-in-temporal.js';
import { startedBy, startedIn } from './started-executions.js';
import { answer, notYet, refuseUnready } from './token-answers.js';
import { TokenDecisions } from './token-decisions.js';
import { TokenExecutions } from './token-executions.js';
import { TokenRecorder, type RecordNumber } from './token-recorder.js';
import { knows, takesTurns } from './turns.js';

/** One token while its Temporal workflow runs: takes what arrives, and lets things happen until it is over. */
export class TokenLife {
  #failure: Error | undefined;
  readonly #fires: KeyedFires;
  /** Signals that came before the token was created. */
  readonly #early: FireRequest[] = [];
  /** A fingerprint of what `createToken` was asked, where it was asked. */
  readonly #request: string | undefined;
  readonly #recorder: TokenRecorder;
  readonly #ids: GivenIds;
  readonly #runEnd = new RunEnd();
  readonly #alarm = new Alarm();
  readonly #definitions = new DefinitionLookups();
  readonly #decisions: TokenDecisions;
  readonly #executions = new TokenExecutions(async (executionId, outcome) => {
    // A failure may come with the end of a local activity, which records it.
    if (outcome.status === 'succeeded') this.#noteRunEnd();
    const decision = this.#decisions.decide({ type: 'execution-ended', executionId, outcome });
    const [next] = outcome.status === 'id-taken' ? startedIn(decision.effects) : [];
    this.#ids.noteEnd(executionId, next?.executionId);
    await this.#recorded(this.#decisions.enact(decision));
  });

  constructor(carried?: CarriedToken, acceptedFires: IdempotentFires = carried?.acceptedFires ?? []) {
    const { memo } = workflowInfo();
    const asked = carried?.request ?? memo?.['request'];
    this.#request = typeof asked === 'string' ? asked : undefined;
    const origin = this.#request === undefined ? {} : { request: this.#request };
    this.#recorder = new TokenRecorder(origin, carried, {
      onWrite: showInTemporal,
      onRefused: (message) => void this.#decisions.enact(this.#decisions.decide({ type: 'record-refused', message })),
    });
    this.#decisions = new TokenDecisions({ executions: this.#executions, recorder: this.#recorder });
    this.#ids = new GivenIds(this.#recorder);
    this.#fires = new KeyedFires(acceptedFires);
    if (carried === undefined) return;
    this.#decisions.adopt(carried.loaded, carried.token);
    for (const executionId of carried.executionIds)
      this.#executions.adopt(executionId, ownValue(carried.executionRunIds ?? {}, executionId));
    showInTemporal(carried.token);
    // What was due between the two runs has rung for neither of them.
    if (takesTurns()) this.#alarm.ring();
  }

  /** Loads the definition and creates the token. Throws what makes the token impossible. */
  async begin(message: unknown): Promise<void> {
    if (this.#decisions.current !== undefined) return;
    try {
      const { data = {}, metadata = {}, ...request } = tokenStartOf(message);
      const tooLarge = tokenTooLarge({ data, metadata });
      if (tooLarge !== undefined) throw finalFailure({ code: 'TOKEN_TOO_LARGE', message: tooLarge });
      const { workflowId, runId } = workflowInfo();
      const loaded = await quickly('loadDefinition', { ...request, tokenId: workflowId, runId });
      this.#decisions.create(loaded, { ...request, id: workflowId, data, metadata });
    } catch (error) {
      this.#failure = noted(finalCause(error));
      throw this.#failure;
    }
    const created = this.#decisions.enact(this.#decisions.decide({ type: 'created' }));
    for (const request of this.#early.splice(0)) this.#takeSignal(request);
    await this.#recorded(created);
  }

  get token(): Token {
    return this.#decisions.token;
  }

  /** Whether the token is closed, and everything that was decided is recorded and confirmed by Temporal. */
  get isOver(): boolean {
    const isSettled = this.#recorder.isIdle && this.#executions.areConfirmed;
    const { current } = this.#decisions;
    return current !== undefined && current.status !== 'ACTIVE' && isSettled;
  }

  /**
   * Whether to go on as a new run: the history has grown long, and nothing is under way that a new run could not take
   * up.
   */
  get shouldGoOnAnew(): boolean {
    const isAtRest = this.#executions.areConfirmed && this.#recorder.isIdle && allHandlersFinished();
    return this.#runEnd.isDue && isAtRest && this.#decisions.current !== undefined;
  }

  /** What a new run goes on with. The fires that it remembers are a payload of their own: together they could be too large. */
  carried(): [CarriedToken, IdempotentFires] {
    const { recorded } = this.#recorder;
    const carried = {
      loaded: this.#decisions.loaded,
      token: this.token,
      executionIds: this.#executions.ids,
      executionRunIds: this.#executions.runIds,
      ...(this.#request === undefined ? {} : { request: this.#request }),
      recorded,
    };
    return [carried, this.#fires.carried];
  }

  /** Lets things happen until the token is over, a new run is due, or time has brought something. */
  async goOn(): Promise<void> {
    this.#decisions.noteReset();
    if (this.#alarm.hasRung) {
      await this.#timePassed();
      return;
    }
    const due = nextDue(this.token, this.#decisions.facts().now);
    const isDisturbed = () =>
      this.isOver ||
      this.shouldGoOnAnew ||
      this.#decisions.isReset ||
      this.#alarm.hasRung ||
      nextDue(this.token, this.#decisions.facts().now) !== due;
    if (due === undefined) {
      await condition(isDisturbed);
      return;
    }
    const waiting = Object.entries(this.token.placeAgentRuns).filter(([, runs]) => runs.due === due);
    const summary = summaryOf(`Place agent ${waiting.map(([id]) => id).join(', ')}`);
    if (takesTurns()) {
      this.#alarm.setFor(Date.parse(due), { summary });
      await condition(isDisturbed);
      return;
    }
    const wasDisturbed = await condition(isDisturbed, Date.parse(due) - Date.now(), { summary });
    if (!wasDisturbed) await this.#timePassed();
  }

  async #timePassed(): Promise<void> {
    this.#alarm.stop();
    this.#noteRunEnd();
    await this.#apply({ type: 'time-passed' });
  }

  /** Cancels the token, from wherever it is. */
  async end(): Promise<void> {
    if (this.#decisions.current?.status !== 'ACTIVE') return;
    await this.#apply({ type: 'cancel', reason: 'cancelled in Temporal' });
    await condition(() => this.isOver);
  }

  availableTransitions(): readonly TransitionAvailability[] {
    return this.#decisions.availableTransitions();
  }

  /** Rejects a fire that `fire` would refuse. Until the token is created it lets everything in. */
  validateFire(message: unknown): void {
    const request = fires.check(message);
    if (this.#decisions.current === undefined || this.#fires.recall(request).type === 'repeated') return;
    this.#decisions.refuseRefused({ type: 'fire', ...request });
  }

  async fire(message: unknown): Promise<FireAccepted> {
    this.#noteRunEnd();
    const request = fires.read(message);
    await this.#created();
    const recalled = this.#fires.recall(request);
    if (recalled.type === 'repeated' && this.#decisions.isOld) return answer(this.token, recalled.executionId);
    const executionId = recalled.type === 'repeated' ? recalled.executionId : this.#take(request);
    // Also of a repeated one: its first answer may still wait for this.
    await this.#recorded(this.#recorder.newest);
    const ids = executionId === undefined ? [] : [executionId];
    const [given] = this.#ids.areFinal(ids) ? ids : await this.#ids.givenOut(ids);
    return answer(this.token, given);
  }

  #take(request: FireRequest): string | undefined {
    const decision = this.#decisions.accepted({ type: 'fire', ...request });
    const executionId = startedBy(decision, request);
    this.#fires.accept(request, executionId);
    this.#decisions.enact(decision);
    return executionId;
  }

  /** What an accepted fire was answered, for whoever asks again when the token has ended and takes no updates; else null. */
  acceptedFire(message: unknown): FireAccepted | null {
    const recalled = this.#fires.recall(fires.read(message));
    return recalled.type === 'new' ? null : answer(this.token, recalled.executionId);
  }

  /** A signal cannot answer: a refusal becomes an event of the token, and garbage a line in the log. */
  // Waits for nothing: thousands of signals may come in one workflow task, and each promise costs its time.
  fireSignalled(message: unknown): void {
    this.#noteRunEnd();
    const parsed = signalledFire(message);
    if ('problems' in parsed) log.warn('Ignored a fireTransition signal', { problems: parsed.problems });
    else if (this.#decisions.current === undefined) this.#early.push(parsed.value);
    else this.#takeSignal(parsed.value);
  }

  #takeSignal(request: FireRequest): void {
    if (!this.#fires.isNew(request)) return;
    const decision = this.#decisions.decide({ type: 'fire', ...request });
    if (decision.refusal === undefined) this.#fires.accept(request, startedBy(decision, request));
    this.#decisions.enact(decision);
  }

  /** Rejects what `change` would refuse. Until the token is created it lets everything in. */
  validate(input: TokenInput): void {
    if (this.#decisions.current !== undefined) this.#decisions.refuseRefused(input);
  }

  /** Handles an update: refuses it, or resolves when it is in force and recorded, with the executions that it started. */
  async change(input: TokenInput): Promise<readonly string[]> {
    this.#noteRunEnd();
    await this.#created();
    return await this.#changed(this.#decisions.accepted(input));
  }

  async #changed(decision: Decision): Promise<readonly string[]> {
    await this.#recorded(this.#decisions.enact(decision));
    const ids = startedIn(decision.effects).map(({ executionId }) => executionId);
    return this.#ids.areFinal(ids) ? ids : await this.#ids.givenOut(ids);
  }

  /** Rejects what `migrate` would refuse, as far as that is seen without the other version. */
  validateMigration(message: unknown): void {
    const { fromVersion, toVersion } = migrations.check(message);
    if (this.#decisions.current === undefined || this.token.workflowVersion === toVersion) return;
    refuseUnready(this.token, { fromVersion, toVersion });
  }

  /** Goes over to another version of the workflow, with the token as it is when that is known. One that is over stays as it is. */
  async migrate(message: unknown): Promise<Migrated> {
    this.#noteRunEnd();
    const { toVersion: workflowVersion, ...migration } = migrations.read(message);
    await this.#created();
    if (this.token.workflowVersion !== workflowVersion) {
      const target = await this.#definitions.another({ workflowId: this.token.workflowId, workflowVersion });
      // Another one like it may have been first.
      if (this.token.workflowVersion !== workflowVersion) return await this.#goOver({ ...migration, target });
    }
    // Its first answer may still wait for this.
    await this.#recorded(this.#recorder.newest);
    return { ...answer(this.token, undefined), executionIds: [], migrated: false };
  }

  async #goOver(migration: Migration): Promise<Migrated> {
    const decision = this.#decisions.accepted({ type: 'migrate', ...migration });
    this.#decisions.goBy(migration.target);
    const executionIds = await this.#changed(decision);
    return { ...answer(this.token, undefined), executionIds, migrated: true };
  }

  /** Looks up again which place agents the workflow has, and how far its agents are brought in. */
  async reloadPlaceAgents(): Promise<void> {
    this.#noteRunEnd();
    if (!(await this.#wasCreated())) return;
    let definition: WorkflowDefinition;
    let version: number;
    // Once more where the token has gone over to another version meanwhile.
    do {
      version = this.token.workflowVersion;
      definition = await this.#definitions.begin(this.token);
    } while (version !== this.token.workflowVersion);
    this.#decisions.goBy(definition);
    const keepsToken = isWithoutAgents(definition, this.token) && !knows('ends-without-agents');
    await this.#apply({ type: 'place-agents-changed', ...(keepsToken ? { keepsToken } : {}) });
  }

  #noteRunEnd(): void {
    const { current } = this.#decisions;
    if (current !== undefined && this.#runEnd.noteWhetherDue()) this.#recorder.goThroughHistory(current);
  }

  async #created(): Promise<void> {
    if (!(await this.#wasCreated())) throw this.#failure ?? notYet();
  }

  async #wasCreated(): Promise<boolean> {
    await condition(() => this.#decisions.current !== undefined || this.#failure !== undefined);
    return this.#decisions.current !== undefined;
  }

  async #apply(input: TokenInput): Promise<void> {
    await this.#recorded(this.#decisions.enact(this.#decisions.decide(input)));
  }

  async #recorded(change: RecordNumber | undefined): Promise<void> {
    if (change !== undefined) await this.#recorder.written(change);
  }
}
