import type { Blocker } from '../rules/blocker.js';
import { activeAgent, findTransition, type Transition, type WorkflowDefinition } from '../definitions/definition.js';
import { ruleBlocker } from '../rules/evaluate-rule.js';
import type { FireRequest } from '../tokens/fire-request.js';
import { missingInputs } from '../executions/mapping.js';
import { mergePatch } from '../json/merge-patch.js';
import type { TokenFields } from '../json/path.js';
import type { RuleBudget } from '../rules/rule-budget.js';
import type { Rule } from '../rules/rule.js';
import type { Token } from '../tokens/token.js';

/** A token in its workflow, and what its rules may still spend. */
export interface Situation {
  readonly definition: WorkflowDefinition;
  readonly token: Token;
  readonly budget: RuleBudget;
}

/** Everything that stands against a fire, all of it and not just the first. Empty: it may be taken. */
export function findBlockers({ definition, token, budget }: Situation, request: FireRequest): readonly Blocker[] {
  const transition = findTransition(definition, request.transitionId);
  const own = [...closedBlockers(token), ...pendingBlockers(token), ...versionBlockers(token, request)];
  if (transition === undefined) {
    const message = `workflow ${definition.id} has no transition "${request.transitionId}"`;
    return [...own, { code: 'UNKNOWN_TRANSITION', message }];
  }
  const fields = fieldsAfter(token, request);
  const agent = activeAgent(transition);
  const subject = { fields, programs: definition.programs, budget };
  return [
    ...own,
    ...placeBlockers(token, transition),
    ...rulesOf(definition, transition).flatMap((rule) => ruleBlocker(rule, subject) ?? []),
    ...(agent === undefined ? [] : missingInputs(agent.inputMapping, fields)),
  ];
}

/** What rules and mappings see: the token with the fire's data merged in. */
export function fieldsAfter(token: Token, request: Pick<FireRequest, 'data'>): TokenFields {
  const data = request.data === undefined ? token.data : mergePatch(token.data, request.data);
  return { data, metadata: token.metadata };
}

export function closedBlockers({ status }: Token): readonly Blocker[] {
  return status === 'ACTIVE' ? [] : [{ code: 'NOT_ACTIVE', message: `the token is ${status.toLowerCase()}` }];
}

function pendingBlockers({ pending }: Token): readonly Blocker[] {
  if (pending === undefined) return [];
  const message = `transition ${pending.transitionId} is running its agent (execution ${pending.executionId})`;
  return [{ code: 'PENDING', message }];
}

export function versionBlockers(
  token: Token,
  { expectedVersion }: Pick<FireRequest, 'expectedVersion'>,
): readonly Blocker[] {
  if (expectedVersion === undefined || expectedVersion === token.version) return [];
  return [{ code: 'VERSION', message: `the token is at version ${token.version}, not ${expectedVersion}` }];
}

function placeBlockers(token: Token, transition: Transition): readonly Blocker[] {
  if (transition.fromPlaces.includes(token.place)) return [];
  const places = transition.fromPlaces.join(' or ');
  return [{ code: 'WRONG_PLACE', message: `the token is in ${token.place}; ${transition.id} starts from ${places}` }];
}

function rulesOf(definition: WorkflowDefinition, transition: Transition): readonly Rule[] {
  const named = transition.conditions.flatMap((name) =>
    Object.hasOwn(definition.rules, name) ? (definition.rules[name] ?? []) : [unknownCondition(name)],
  );
  return [...named, ...transition.rules];
}

/** A condition that the definition lacks is refused when it is saved; should one get here, it is in error: fail closed. */
function unknownCondition(name: string): Rule {
  return { type: 'FieldExists', field: '', description: `condition "${name}" is not defined` };
}
