import type { Transition, WorkflowContent } from '../definitions/definition.js';
import type { ProblemCode } from '../codes.js';
import { shorten } from '../json/preview.js';
import type { Problem } from '../json/problem.js';
import { ID_RULE, isId } from '../ids.js';
import { jsonPointer, type JsonPath } from '../json/json-pointer.js';

/**
 * What is wrong with places and transitions as a net: names that lead nowhere, and what no token can ever reach. Each place of
 * each transition is looked at a fixed number of times. Undefined is said between two transitions.
 */
export function* checkNet(content: WorkflowContent): Iterable<Problem | undefined> {
  let isKnown = true;
  for (const found of checkNames(content)) {
    isKnown &&= found?.code !== 'UNKNOWN_PLACE';
    yield found;
  }
  // With an unknown name in it the net is not the one that was meant: what it cannot reach says nothing.
  if (isKnown) yield* checkReach(content);
}

function* checkNames({ places, transitions, initialPlace }: WorkflowContent): Iterable<Problem | undefined> {
  const known = new Set(places);
  for (const [index, place] of places.entries()) yield* badId(place, ['places', index]);
  yield* duplicates(places, (index) => ['places', index]);
  if (!known.has(initialPlace)) yield unknownPlace(initialPlace, ['initialPlace']);
  for (const [index, { id }] of transitions.entries()) yield* badId(id, ['transitions', index, 'id']);
  yield* duplicates(
    transitions.map(({ id }) => id),
    (index) => ['transitions', index, 'id'],
  );
  for (const [index, { fromPlaces, toPlace }] of transitions.entries()) {
    const path = ['transitions', index];
    for (const [nth, place] of fromPlaces.entries()) {
      if (!known.has(place)) yield unknownPlace(place, [...path, 'fromPlaces', nth]);
    }
    yield* duplicates(fromPlaces, (nth) => [...path, 'fromPlaces', nth]);
    if (!known.has(toPlace)) yield unknownPlace(toPlace, [...path, 'toPlace']);
    yield undefined;
  }
}

function* checkReach(content: WorkflowContent): Iterable<Problem | undefined> {
  const { places, transitions, initialPlace } = content;
  const reached = reachablePlaces(content);
  for (const [index, place] of places.entries()) {
    if (reached.has(place)) continue;
    const message = `no transition leads to "${shorten(place)}" from "${shorten(initialPlace)}"`;
    yield problem('UNREACHABLE_PLACE', ['places', index], message);
  }
  /**
   * Places in which no token stays, since an automatic transition that comes earlier in the definition always takes it
   * away.
   */
  const left = new Set<string>();
  for (const [index, transition] of transitions.entries()) {
    const reason = whyNever(transition, reached, left);
    if (reason !== undefined) {
      const message = `"${shorten(transition.id)}" can never fire: ${reason}`;
      yield problem('TRANSITION_NEVER_FIRES', ['transitions', index], message);
    }
    if (isAlwaysTaken(transition)) for (const place of transition.fromPlaces) left.add(place);
    yield undefined;
  }
}

function reachablePlaces({ initialPlace, transitions }: WorkflowContent): ReadonlySet<string> {
  const leadsTo = new Map<string, string[]>();
  for (const { fromPlaces, toPlace } of transitions) {
    for (const place of fromPlaces) {
      const next = leadsTo.get(place);
      if (next === undefined) leadsTo.set(place, [toPlace]);
      else next.push(toPlace);
    }
  }
  const reached = new Set([initialPlace]);
  // A set goes on with what is added while it is walked.
  for (const place of reached) {
    for (const next of leadsTo.get(place) ?? []) reached.add(next);
  }
  return reached;
}

function whyNever(
  { fromPlaces, trigger }: Transition,
  reached: ReadonlySet<string>,
  left: ReadonlySet<string>,
): string | undefined {
  if (fromPlaces.length === 0) return 'it starts from no place';
  const possible = fromPlaces.filter((place) => reached.has(place));
  if (possible.length === 0) return 'no token gets to where it starts';
  if (trigger === 'manual' || !possible.every((place) => left.has(place))) return undefined;
  return 'an automatic transition without rules comes before it';
}

/** Whether a token never waits in front of it. */
function isAlwaysTaken({ trigger, rules, conditions, agentExecution }: Transition): boolean {
  return trigger === 'automatic' && rules.length === 0 && conditions.length === 0 && agentExecution === undefined;
}

/** Each name that is there already, where it is there again. */
export function* duplicates(names: readonly string[], pathOf: (index: number) => JsonPath): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) yield problem('DUPLICATE_ID', pathOf(index), `"${shorten(name)}" is there twice`);
    seen.add(name);
  }
}

/** Places, transitions and named rules have ids like everything else. */
export function badId(id: string, path: JsonPath): readonly Problem[] {
  return isId(id) ? [] : [problem('INVALID_VALUE', path, ID_RULE)];
}

function unknownPlace(place: string, path: JsonPath): Problem {
  return problem('UNKNOWN_PLACE', path, `there is no place "${shorten(place)}"`);
}

function problem(code: ProblemCode, path: JsonPath, message: string): Problem {
  return { code, pointer: jsonPointer(path), message };
}
