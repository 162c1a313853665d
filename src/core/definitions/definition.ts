import type { Budget } from '../agents/budget.js';
import type { Delivery, LlmConfig } from '../agents/agent.js';
import type { ExpressionPrograms } from '../rules/expression.js';
import type { Rule } from '../rules/rule.js';
import type { Rollout, VersionShare } from './rollout.js';

/** How often a turn is tried and after which errors. Seconds may be fractions. */
export interface RetryConfig {
  readonly maxAttempts: number;
  readonly backoffSeconds: number;
  /** Error codes; replaces the retryable set when given. */
  readonly retryOnErrors?: readonly string[];
}

/** How a definition uses an agent, whether a transition or a place runs it. */
export interface AgentUse {
  readonly agentId: string;
  /** Absent: the newest when the execution starts. */
  readonly agentVersion?: number;
  readonly enabled: boolean;
  /** Same provider, other model. */
  readonly model?: string;
  readonly llmConfig?: LlmConfig;
  /** Agent input name → token path. */
  readonly inputMapping: Readonly<Record<string, string>>;
  /** Token path → output name. */
  readonly outputMapping: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  readonly retryConfig?: RetryConfig;
  /** Absent: as its agent says. */
  readonly delivery?: Delivery;
  /** Absent: for every token. What was said of it since goes before it, see `effectiveDefinition`. */
  readonly rollout?: Rollout;
  /** Versions that run side by side; they go before `agentVersion`. */
  readonly agentVersions?: readonly VersionShare[];
}

export interface AgentTransition extends AgentUse {
  /** Required: the token moves only when the agent succeeds. */
  readonly required: boolean;
}

/** When a place agent runs. Absent: once per stay, when its conditions first hold. */
export interface PlaceAgentSchedule {
  /** From the token's arrival to the first run. */
  readonly initialDelaySeconds?: number;
  /** Between the beginnings of runs, while the token stays. */
  readonly intervalSeconds?: number;
  /** Per stay; failed runs count. */
  readonly maxExecutions?: number;
}

/** An agent that runs while a token is in a place. */
export interface PlaceAgent extends AgentUse {
  readonly id: string;
  readonly placeId: string;
  readonly triggerConditions: readonly Rule[];
  /** Fired after a successful run. */
  readonly autoTransition?: string;
  readonly schedule?: PlaceAgentSchedule;
}

export interface Transition {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  /** Any of these places. */
  readonly fromPlaces: readonly string[];
  readonly toPlace: string;
  readonly trigger: 'manual' | 'automatic';
  /** Names in the definition's `rules`. */
  readonly conditions: readonly string[];
  readonly rules: readonly Rule[];
  readonly agentExecution?: AgentTransition;
}

/** What a caller writes: a net of places and transitions. */
export interface WorkflowContent {
  readonly name: string;
  readonly description?: string;
  readonly places: readonly string[];
  readonly initialPlace: string;
  readonly transitions: readonly Transition[];
  /** Rules by name, for `conditions` to refer to. */
  readonly rules: Readonly<Record<string, Rule>>;
  readonly placeAgents: readonly PlaceAgent[];
  /** What the model calls of all its tokens may spend together. That of the newest version holds for all versions. */
  readonly budget?: Budget;
}

/** One immutable version of a workflow definition. */
export interface WorkflowDefinition extends WorkflowContent {
  readonly id: string;
  /** From 1. Equal content, equal version. */
  readonly version: number;
  /** What its expressions were parsed to, for `decide`. Not stored: made where a definition is about to be used. */
  readonly programs?: ExpressionPrograms;
}

/** Every use of an agent in a definition, with what it is called in messages. */
export function agentUses(
  content: Pick<WorkflowContent, 'transitions' | 'placeAgents'>,
): readonly { readonly use: AgentUse; readonly label: string }[] {
  return [
    ...content.transitions.flatMap(({ id, agentExecution }) =>
      agentExecution === undefined ? [] : [{ use: agentExecution, label: `transition "${id}"` }],
    ),
    ...content.placeAgents.map((use) => ({ use, label: `place agent "${use.id}"` })),
  ];
}

export function findTransition(definition: WorkflowContent, id: string): Transition | undefined {
  return definition.transitions.find((transition) => transition.id === id);
}

export function transitionsFrom(definition: WorkflowContent, place: string): readonly Transition[] {
  return definition.transitions.filter((transition) => transition.fromPlaces.includes(place));
}

/** The agents that run in a place; a disabled one is as none. */
export function placeAgentsIn(definition: WorkflowContent, place: string): readonly PlaceAgent[] {
  return definition.placeAgents.filter((agent) => agent.placeId === place && agent.enabled);
}

/** A place that nothing leads out of and where nothing runs: a token that gets there is complete. */
export function isEndPlace(definition: WorkflowContent, place: string): boolean {
  return (
    transitionsFrom(definition, place).length === 0 && !definition.placeAgents.some(({ placeId }) => placeId === place)
  );
}

/** The agent that a transition runs; a disabled one is as none. */
export function activeAgent(transition: Transition): AgentTransition | undefined {
  return transition.agentExecution?.enabled === true ? transition.agentExecution : undefined;
}
