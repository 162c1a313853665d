import { listed } from '../json/listed.js';
import type { JsonObject } from '../json/json.js';
import { shorten } from '../json/preview.js';
import type { Blocker } from '../rules/blocker.js';
import { agentBlockers } from './agent-fire.js';
import { BlockerList } from './blocker-list.js';
import { awaitedAgent, offBlockers } from './agent-mode.js';
import { findTransition, type Transition, type WorkflowDefinition } from '../definitions/definition.js';
import { ruleHolds } from '../rules/evaluate-rule.js';
import type { FireRequest } from '../tokens/fire-request.js';
import { hasInputs, missingInputs } from '../executions/mapping.js';
import { mergePatch } from '../json/merge-patch.js';
import type { TokenFields } from '../json/path.js';
import type { RuleSubject } from '../rules/judge-rule.js';
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
export function findBlockers(situation: Situation, request: FireRequest): readonly Blocker[] {
  const { definition, token } = situation;
  const transition = findTransition(definition, request.transitionId);
  const own = [
    ...closedBlockers(token),
    ...pendingBlockers(token),
    ...agentBlockers(token, request),
    ...versionBlockers(token, request),
  ];
  if (transition === undefined) {
    const message = `workflow ${definition.id} has no transition "${shorten(request.transitionId)}"`;
    return [...own, { code: 'UNKNOWN_TRANSITION', message }];
  }
  const subject = subjectOf(situation, request);
  const agent = awaitedAgent(transition, token);
  const list = new BlockerList(subject);
  for (const rule of rulesOf(definition, transition)) list.addRule(rule);
  if (agent !== undefined) for (const blocker of missingInputs(agent.inputMapping, subject.fields)) list.add(blocker);
  return [...own, ...placeBlockers(token, transition), ...offBlockers(transition, token), ...list.all()];
}

/** Whether nothing stands against a transition: the same as no blockers, without a word of why. */
export function isOpen(situation: Situation, transition: Transition): boolean {
  const { definition, token } = situation;
  if (token.status !== 'ACTIVE' || token.pending !== undefined || !transition.fromPlaces.includes(token.place))
    return false;
  const subject = subjectOf(situation, {});
  const agent = awaitedAgent(transition, token);
  return (
    offBlockers(transition, token).length === 0 &&
    rulesOf(definition, transition).every((rule) => ruleHolds(rule, subject)) &&
    (agent === undefined || hasInputs(agent.inputMapping, subject.fields))
  );
}

function subjectOf({ definition, token, budget }: Situation, request: Pick<FireRequest, 'data'>): RuleSubject {
  return { fields: fieldsAfter(token, request), programs: definition.programs, budget };
}

/** By patch, what it was merged into last: a fire is judged, measured and taken, and merging can take milliseconds. */
const merged = new WeakMap<JsonObject, { readonly target: JsonObject; readonly data: JsonObject }>();

/** What rules and mappings see: the token with the fire's data merged in. */
export function fieldsAfter(token: Token, { data: patch }: Pick<FireRequest, 'data'>): TokenFields {
  const { data: target, metadata } = token;
  if (patch === undefined) return { data: target, metadata };
  const known = merged.get(patch);
  if (known?.target === target) return { data: known.data, metadata };
  const data = mergePatch(target, patch);
  merged.set(patch, { target, data });
  return { data, metadata };
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
  const places = listed(transition.fromPlaces, { separator: ' or ' });
  return [{ code: 'WRONG_PLACE', message: `the token is in ${token.place}; ${transition.id} starts from ${places}` }];
}

/** Each condition once, however often it is named. */
function rulesOf(definition: WorkflowDefinition, transition: Transition): readonly Rule[] {
  const named = [...new Set(transition.conditions)].flatMap((name) =>
    Object.hasOwn(definition.rules, name) ? (definition.rules[name] ?? []) : [unknownCondition(name)],
  );
  return [...named, ...transition.rules];
}

/** A condition that the definition lacks is refused when it is saved; should one get here, it is in error: fail closed. */
function unknownCondition(name: string): Rule {
  return { type: 'FieldExists', field: '', description: `condition "${shorten(name)}" is not defined` };
}
