import { CircuitBreakerError } from '../../core/errors.js';
import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';
import { TypedLines } from '../operator/typed-lines.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { runClient, type ClientParts } from '../run-client.js';

const DELETE = 'mutation ($id: String!) { deleteToken(id: $id) }';

/** Removes a token that has ended, and all that belongs to it, once a person has said yes. */
export async function deleteToken(request: CommandRequest): Promise<void> {
  await runClient(request, async (parts) => {
    const [id] = neededOperands(request, 'TOKEN');
    if (!request.flags.has('yes') && !(await isConfirmed(parts, id))) {
      parts.say('Nothing was deleted.');
      return NOT_WELL;
    }
    const { deleteToken: deleted } = await parts.api.query<{ readonly deleteToken: boolean }>(DELETE, { id });
    if (request.flags.has('json')) parts.say(visibleJson({ id, deleted }));
    else parts.say(deleted ? `Token ${id} is deleted.` : `There is no token ${id} (any more).`);
    return 0;
  });
}

async function isConfirmed({ print, ending }: ClientParts, id: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const message = 'delete asks at a terminal whether it is meant, and there is none: say --yes.';
    throw new CircuitBreakerError('VALIDATION_FAILED', message);
  }
  print(`Delete token ${id} with its events, executions, conversations and streams, for good? [y/N] `);
  const typed = new TypedLines();
  const close = () => {
    typed.close();
  };
  ending.addEventListener('abort', close, { once: true });
  try {
    const answer = (await typed.next())?.trim().toLowerCase();
    return answer === 'y' || answer === 'yes';
  } finally {
    ending.removeEventListener('abort', close);
    close();
  }
}
