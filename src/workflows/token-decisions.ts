import { uuid4, workflowInfo } from '@temporalio/workflow';

import type { LoadedDefinition } from '../contract/activities.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { transitionAvailability, type TransitionAvailability } from '../core/engine/available-transitions.js';
import { decide } from '../core/engine/decide.js';
import { MomentBounds, withoutBounds } from '../core/engine/decision-bounds.js';
import type { Decision, Effect, Facts, TokenInput } from '../core/engine/decision.js';
import { newToken } from '../core/engine/new-token.js';
import { executionIdSuffix } from '../core/executions/execution-id.js';
import { pendingExecution } from '../core/executions/pending-execution.js';
import { MomentBudget } from '../core/rules/rule-budget.js';
import type { Token } from '../core/tokens/token.js';
import { runSeed } from './run-seed.js';
import { startedIn } from './started-executions.js';
import { notYet, unlessRefused } from './token-answers.js';
import type { TokenExecutions } from './token-executions.js';
import type { RecordNumber, TokenRecorder } from './token-recorder.js';
import { knows } from './turns.js';

/** What a decision begins: executions, and the record of it. */
interface Following {
  readonly executions: TokenExecutions;
  readonly recorder: TokenRecorder;
}

/** A token, and the definition that decides on it. Waits for nothing: what is decided is in force when the call returns. */
export class TokenDecisions {
  #loaded: LoadedDefinition | undefined;
  #current: Token | undefined;
  readonly #moment = new MomentBudget();
  readonly #bounds = new MomentBounds();
  /** Another one: this run was reset. */
  #seed = runSeed();
  readonly #executions: TokenExecutions;
  readonly #recorder: TokenRecorder;

  constructor({ executions, recorder }: Following) {
    this.#executions = executions;
    this.#recorder = recorder;
  }

  /** Goes on with a token of an earlier run. */
  adopt(loaded: LoadedDefinition, token: Token): void {
    this.#loaded = loaded;
    this.#current = token;
  }

  /** Makes the token. Throws what makes it impossible. */
  create(loaded: LoadedDefinition, seed: Parameters<typeof newToken>[1]): void {
    this.#loaded = loaded;
    this.#current = newToken(this.#definition, seed, this.facts());
  }

  /** From now on this version of the workflow, or this state of it, decides. */
  goBy(definition: WorkflowDefinition): void {
    this.#loaded = { ...this.loaded, definition };
  }

  /** Undefined until it is created. */
  get current(): Token | undefined {
    return this.#current;
  }

  get token(): Token {
    return this.#current ?? notYet();
  }

  get loaded(): LoadedDefinition {
    return this.#loaded ?? notYet();
  }

  /** It began before what such tokens do not do, so that a replay finds the commands of its history. */
  get isOld(): boolean {
    return this.#loaded?.runId === undefined;
  }

  // Histories of tokens whose reset was noted say so; the others replay as they were.
  get isReset(): boolean {
    return runSeed() !== this.#seed && knows('resets-noted');
  }

  get #definition(): WorkflowDefinition {
    return this.loaded.definition;
  }

  facts(): Facts {
    const { executionIdSuffix: suffix } = this.loaded;
    return {
      now: new Date().toISOString(),
      ...(suffix === undefined ? {} : { executionIdSuffix: suffix }),
      ...(this.isOld ? { joinsExecutionIds: true, countsDataOnly: true } : {}),
    };
  }

  availableTransitions(): readonly TransitionAvailability[] {
    return transitionAvailability(this.#definition, this.token);
  }

  decide(input: TokenInput): Decision {
    this.noteReset();
    const facts = this.facts();
    const { startingBytes } = this.#executions;
    const bounds = this.#bounds.at(facts.now, { startingBytes, historyBytes: workflowInfo().historySize });
    return this.#moment.spendOn(facts.now, (budget) => {
      const bounded = decide(this.#definition, this.token, input, { ...facts, budget, bounds });
      // Histories of tokens that came to a bound say so; the others replay as they were.
      if (bounded.reachedBounds !== true || knows('bounds-of-a-moment')) return bounded;
      return decide(this.#definition, this.token, input, { ...facts, budget, bounds: withoutBounds() });
    });
  }

  /** Decides, and throws a refusal. */
  accepted(input: TokenInput): Decision {
    return unlessRefused(this.decide(input));
  }

  /** Throws the refusal that `accepted` would. */
  // With a budget of its own: a replay validates nothing, and must find as much left as there was.
  refuseRefused(input: TokenInput): void {
    unlessRefused(decide(this.#definition, this.token, input, this.facts()));
  }

  /** Puts a decision into force before anything is awaited: what arrives next decides on the new token. */
  enact({ token, events, effects }: Decision): RecordNumber | undefined {
    this.#current = token;
    for (const effect of effects) this.#perform(effect);
    const last = events.at(-1);
    if (last === undefined) return undefined;
    // Not the token's own time: a place agent begins without changing it.
    const executions = startedIn(effects).map((execution) => pendingExecution(execution, last.timestamp));
    return this.#recorder.add({ token, events, executions });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'start-execution':
        this.#executions.start(effect.execution, this.#loaded?.executionTimeoutSeconds ?? notYet());
        return;
      case 'cancel-execution':
        this.#executions.cancel(effect.executionId);
    }
  }

  /** Before anything else is decided: the run that was lost may have started executions, whose ids are never given again. */
  noteReset(): void {
    if (!this.isReset || this.#loaded === undefined) return;
    this.#seed = runSeed();
    this.#loaded = { ...this.#loaded, executionIdSuffix: executionIdSuffix(uuid4()) };
    if (this.#recorder.newest === 0) return;
    this.enact(this.decide({ type: 'reset' }));
    this.#executions.adoptAll();
  }
}
