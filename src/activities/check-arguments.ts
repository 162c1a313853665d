import type { GivenArguments } from '../contract/activities.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { ActivityParts } from './activity-parts.js';
import { readArguments } from './read-arguments.js';

/** Whether a tool takes the arguments that a person gave in the place of the model's. */
export async function checkArguments(
  { tools }: Pick<ActivityParts, 'tools'>,
  { tool: name, arguments: given }: GivenArguments,
): Promise<{ readonly problem?: string }> {
  const tool = tools.get(name);
  if (tool === undefined) {
    throw new CircuitBreakerError('UNAVAILABLE', `This worker has no tool "${name}": another one may.`);
  }
  const read = await readArguments(tool, given);
  return 'problem' in read ? { problem: read.problem } : {};
}
