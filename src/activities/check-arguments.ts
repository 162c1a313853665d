import type { ArgumentsVerdict, GivenArguments } from '../contract/activities.js';
import { CircuitBreakerError } from '../core/errors.js';
import { wordsOfMisfits } from '../core/json/problem.js';
import type { ActivityParts } from './activity-parts.js';
import { readArguments } from './read-arguments.js';

/** Whether a tool takes the arguments that a person gave in the place of the model's. */
export async function checkArguments(
  { tools }: Pick<ActivityParts, 'tools'>,
  { tool: name, arguments: given }: GivenArguments,
): Promise<ArgumentsVerdict> {
  const tool = tools.get(name);
  if (tool === undefined) {
    throw new CircuitBreakerError('UNAVAILABLE', `This worker has no tool "${name}": another one may.`);
  }
  const read = await readArguments(tool, given);
  if (!('misfits' in read)) return {};
  return { problem: wordsOfMisfits(read.misfits), misfits: read.misfits };
}
