import { z } from 'zod';

import { badId } from './check-net.js';
import type { PlaceAgent, WorkflowContent } from '../definitions/definition.js';
import { shorten } from '../json/preview.js';
import type { Problem } from '../json/problem.js';
import { jsonPointer, type JsonPath } from '../json/json-pointer.js';
import { problemsOf } from './schema-problems.js';

/** Net and place agents of a workflow, as far as one place agent has to fit into them. */
type Net = Pick<WorkflowContent, 'places' | 'transitions'>;

const YEAR_SECONDS = 366 * 86_400;

const within = (least: number, most: number) => {
  const message = `must be from ${least} to ${most}`;
  return z.number().min(least, message).max(most, message).optional();
};

const schedule = z.object({
  initialDelaySeconds: within(0, YEAR_SECONDS),
  // Each run is an execution in Temporal's history: more often than once a second nobody can want it.
  intervalSeconds: within(1, YEAR_SECONDS),
  maxExecutions: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1_000_000, 'must be at most 1000000')
    .optional(),
});

/** What is wrong with where and when a place agent runs, and with what it leads to. */
export function checkPlaceAgent(agent: PlaceAgent, net: Net, path: JsonPath): readonly Problem[] {
  const at = (member: string) => jsonPointer([...path, member]);
  const checked = schedule.safeParse(agent.schedule ?? {});
  return [
    ...badId(agent.id, [...path, 'id']),
    ...(net.places.includes(agent.placeId)
      ? checkAutoTransition(agent, net, at('autoTransition'))
      : [unknownPlace(agent.placeId, at('placeId'))]),
    ...(checked.success ? [] : problemsOf(checked.error, { base: at('schedule') })),
  ];
}

function unknownPlace(place: string, pointer: string): Problem {
  return { code: 'UNKNOWN_PLACE', pointer, message: `there is no place "${shorten(place)}"` };
}

function checkAutoTransition(
  { autoTransition, placeId }: PlaceAgent,
  { transitions }: Net,
  pointer: string,
): readonly Problem[] {
  if (autoTransition === undefined) return [];
  const transition = transitions.find(({ id }) => id === autoTransition);
  if (transition === undefined) {
    return [{ code: 'UNKNOWN_TRANSITION', pointer, message: `there is no transition "${shorten(autoTransition)}"` }];
  }
  if (transition.fromPlaces.includes(placeId) && transition.toPlace !== placeId) return [];
  const message = `"${shorten(autoTransition)}" does not lead out of "${shorten(placeId)}"`;
  return [{ code: 'AUTO_TRANSITION_STAYS', pointer, message }];
}
