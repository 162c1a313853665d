import { CircuitBreakerError } from '../errors.js';
import { listed } from '../json/listed.js';
import type { Caller } from './caller.js';
import { mayDo, type Role } from './role.js';

/** What it takes to use one field of the API, or one of its addresses. */
export interface Right {
  readonly role: Role;
  /** It belongs to no workflow: whoever is limited to some may not. */
  readonly unlimited?: true;
  /** A ticket for a stream opens it, too: for that execution, which the argument or the path of this name says. */
  readonly ticketFor?: 'executionId';
}

/** Why a caller may not do something, FORBIDDEN; undefined when they may. `what` as they called it. */
export function refusal(
  caller: Caller,
  right: Right,
  { what, executionId }: { readonly what: string; readonly executionId?: string | undefined },
): CircuitBreakerError | undefined {
  if (caller.executionId !== undefined) {
    if (right.ticketFor !== undefined && executionId === caller.executionId) return undefined;
    return forbidden(`This ticket opens the stream of one execution, and not ${what}.`);
  }
  if (!mayDo(caller.role, right.role)) {
    return forbidden(`${what} takes the role "${right.role}"; ${caller.name} has "${caller.role}".`);
  }
  if (right.unlimited === true && caller.workflows !== undefined) {
    const own = listed([...caller.workflows], { separator: ', ', most: 5 });
    return forbidden(`${what} belongs to no workflow, and ${caller.name} is limited to ${own}.`);
  }
  return undefined;
}

function forbidden(message: string): CircuitBreakerError {
  return new CircuitBreakerError('FORBIDDEN', message);
}
