import type { Transition, WorkflowContent } from '../definitions/definition.js';
import type { ProblemCode } from '../codes.js';
import type { Problem } from '../json/problem.js';
import { ID_RULE, isId } from '../ids.js';
import { jsonPointer, type JsonPath } from '../json/json-pointer.js';

/** What is wrong with places and transitions as a net: names that lead nowhere, and what no token can ever reach. */
export function checkNet(content: WorkflowContent): readonly Problem[] {
  const names = checkNames(content);
  // With an unknown name in it the net is not the one that was meant: what it cannot reach says nothing.
  return names.some(({ code }) => code === 'UNKNOWN_PLACE') ? names : [...names, ...checkReach(content)];
}

function checkNames(content: WorkflowContent): readonly Problem[] {
  const { places, transitions } = content;
  const known = new Set(places);
  const unknownPlace = (place: string, path: JsonPath): readonly Problem[] =>
    known.has(place) ? [] : [problem('UNKNOWN_PLACE', path, `there is no place "${place}"`)];
  return [
    ...places.flatMap((place, index) => badId(place, ['places', index])),
    ...duplicates(places, (index) => ['places', index]),
    ...unknownPlace(content.initialPlace, ['initialPlace']),
    ...transitions.flatMap(({ id }, index) => badId(id, ['transitions', index, 'id'])),
    ...duplicates(
      transitions.map(({ id }) => id),
      (index) => ['transitions', index, 'id'],
    ),
    ...transitions.flatMap(({ fromPlaces, toPlace }, index) => [
      ...fromPlaces.flatMap((place, nth) => unknownPlace(place, ['transitions', index, 'fromPlaces', nth])),
      ...duplicates(fromPlaces, (nth) => ['transitions', index, 'fromPlaces', nth]),
      ...unknownPlace(toPlace, ['transitions', index, 'toPlace']),
    ]),
  ];
}

function checkReach(content: WorkflowContent): readonly Problem[] {
  const reached = reachablePlaces(content);
  const unreachable = content.places.flatMap((place, index) =>
    reached.has(place)
      ? []
      : [
          problem(
            'UNREACHABLE_PLACE',
            ['places', index],
            `no transition leads to "${place}" from "${content.initialPlace}"`,
          ),
        ],
  );
  const dead = content.transitions.flatMap((transition, index) => {
    const reason = whyNever(transition, reached, content.transitions.slice(0, index));
    const path = ['transitions', index];
    return reason === undefined
      ? []
      : [problem('TRANSITION_NEVER_FIRES', path, `"${transition.id}" can never fire: ${reason}`)];
  });
  return [...unreachable, ...dead];
}

function reachablePlaces({ initialPlace, transitions }: WorkflowContent): ReadonlySet<string> {
  const leadsTo = new Map<string, string[]>();
  for (const { fromPlaces, toPlace } of transitions) {
    for (const place of fromPlaces) leadsTo.set(place, [...(leadsTo.get(place) ?? []), toPlace]);
  }
  const reached = new Set([initialPlace]);
  // A set goes on with what is added while it is walked.
  for (const place of reached) {
    for (const next of leadsTo.get(place) ?? []) reached.add(next);
  }
  return reached;
}

function whyNever(
  transition: Transition,
  reached: ReadonlySet<string>,
  earlier: readonly Transition[],
): string | undefined {
  const { fromPlaces, trigger } = transition;
  if (fromPlaces.length === 0) return 'it starts from no place';
  const possible = fromPlaces.filter((place) => reached.has(place));
  if (possible.length === 0) return 'no token gets to where it starts';
  if (trigger === 'manual') return undefined;
  const taken = possible.every((place) =>
    earlier.some((other) => isAlwaysTaken(other) && other.fromPlaces.includes(place)),
  );
  return taken ? 'an automatic transition without rules comes before it' : undefined;
}

/** Whether a token never waits in front of it. */
function isAlwaysTaken({ trigger, rules, conditions, agentExecution }: Transition): boolean {
  return trigger === 'automatic' && rules.length === 0 && conditions.length === 0 && agentExecution === undefined;
}

/** Each name that is there already, where it is there again. */
export function duplicates(names: readonly string[], pathOf: (index: number) => JsonPath): readonly Problem[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    const isSecond = seen.has(name);
    seen.add(name);
    return isSecond ? [problem('DUPLICATE_ID', pathOf(index), `"${name}" is there twice`)] : [];
  });
}

/** Places, transitions and named rules have ids like everything else. */
export function badId(id: string, path: JsonPath): readonly Problem[] {
  return isId(id) ? [] : [problem('INVALID_VALUE', path, ID_RULE)];
}

function problem(code: ProblemCode, path: JsonPath, message: string): Problem {
  return { code, pointer: jsonPointer(path), message };
}
