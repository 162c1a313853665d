import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';

import type { Token } from '../core/token.js';
import {
  availableTransitionsQuery,
  fireTransitionSignal,
  fireUpdate,
  tokenQuery,
  type TokenStart,
} from './messages.js';
import { TokenLife } from './token-life.js';

/**
 * The life of one token: its id is this Temporal workflow's id. Fires arrive as signals and updates; the workflow
 * ends with the token, as it was last.
 */
export async function tokenLifecycle(start: TokenStart): Promise<Token> {
  const life = new TokenLife();
  // Before the first await: an update that finds no handler is rejected.
  setHandler(tokenQuery, () => life.token);
  setHandler(availableTransitionsQuery, () => life.availableTransitions());
  setHandler(fireTransitionSignal, (message) => life.fireSignalled(message));
  setHandler(fireUpdate, (message) => life.fire(message), {
    validator: (message) => {
      life.validateFire(message);
    },
  });
  try {
    await life.begin(start);
    await condition(() => life.isOver);
    return life.token;
  } finally {
    await condition(allHandlersFinished);
  }
}
