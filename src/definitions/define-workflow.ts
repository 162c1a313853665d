import type { Budget } from '../core/agents/budget.js';
import type { AgentTransition, PlaceAgent, Transition } from '../core/definitions/definition.js';
import { expandWorkflow } from '../core/definitions/short-forms.js';
import type { Rule } from '../core/rules/rule.js';
import { refuseBadDurations } from './refuse-bad-durations.js';
import type { AgentUseSource } from './run-agent.js';
import type { Duration, RuleSource } from './source-words.js';

type AgentInUse<Use, Needed extends keyof Use> = Pick<Use, Needed> & Partial<Omit<Use, Needed>>;
type TransitionInput = Pick<Transition, 'id' | 'fromPlaces' | 'toPlace'> &
  Partial<Omit<Transition, 'id' | 'fromPlaces' | 'toPlace' | 'agentExecution'>> & {
    readonly agentExecution?: AgentInUse<AgentTransition, 'agentId'>;
  };

/** What `createWorkflow` takes. */
export interface WorkflowInput<Place extends string = string> {
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly places: readonly Place[];
  readonly initialPlace: Place;
  readonly transitions: readonly TransitionInput[];
  readonly rules?: Readonly<Record<string, Rule>>;
  readonly placeAgents?: readonly AgentInUse<PlaceAgent, 'placeId' | 'agentId'>[];
  readonly budget?: Budget;
}

/** A transition as one writes it: between places that there are, by rules that have such names. */
export interface TransitionSource<Place extends string, Name extends string, Id extends string> {
  readonly id: Id;
  readonly name?: string;
  readonly description?: string;
  readonly fromPlaces: readonly Place[];
  readonly toPlace: Place;
  readonly trigger?: Transition['trigger'];
  readonly conditions?: readonly Name[];
  readonly rules?: readonly RuleSource[];
  /** In CEL: one more rule. */
  readonly when?: string;
  readonly agentExecution?: AgentUseSource & Pick<AgentTransition, 'agentId'> & { readonly required?: boolean };
}

interface PlaceAgentSource<Place extends string, Id extends string> extends AgentUseSource {
  readonly id?: string;
  readonly placeId: Place;
  readonly agentId: string;
  readonly triggerConditions?: readonly RuleSource[];
  readonly autoTransition?: Id;
  readonly schedule?: {
    readonly initialDelaySeconds?: Duration;
    readonly intervalSeconds?: Duration;
    readonly maxExecutions?: number;
  };
}

/** A workflow as one writes it. */
export interface WorkflowSource<Place extends string, Name extends string, Id extends string> {
  /** Absent: made from the name. */
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly places: readonly Place[];
  readonly initialPlace: NoInfer<Place>;
  readonly transitions: readonly TransitionSource<NoInfer<Place>, NoInfer<Name>, Id>[];
  /** Rules by name, for `conditions` to refer to. */
  readonly rules?: Readonly<Record<Name, RuleSource>>;
  readonly placeAgents?: readonly PlaceAgentSource<NoInfer<Place>, NoInfer<Id>>[];
  /** What the model calls of all its tokens may spend together. */
  readonly budget?: Budget;
}

/**
 * A workflow, as plain data that `createWorkflow` takes. Places, transitions and named rules are known to the compiler by their names.
 * Throws a TypeError for a text in place of seconds that is no duration; all else is judged when the definition is validated or saved.
 *
 * @example
 * ```ts
 * import { defineWorkflow, runAgent } from 'circuit-breaker/definitions';
 * import reviewer from '../agents/reviewer.ts';
 *
 * export default defineWorkflow({
 *   name: 'Review',
 *   places: ['draft', 'published'],
 *   initialPlace: 'draft',
 *   transitions: [
 *     {
 *       id: 'review',
 *       fromPlaces: ['draft'],
 *       toPlace: 'published',
 *       agentExecution: runAgent(reviewer, { inputMapping: { document: 'data.content' }, timeoutSeconds: '5m' }),
 *     },
 *   ],
 * });
 * ```
 */
export function defineWorkflow<const Place extends string, const Id extends string, const Name extends string = never>(
  source: WorkflowSource<Place, Name, Id>,
): WorkflowInput<Place> {
  const { input, problems } = expandWorkflow(source);
  refuseBadDurations(problems);
  return input as WorkflowInput<Place>;
}
