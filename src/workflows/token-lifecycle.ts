import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';

import type { IdempotentFires } from '../core/tokens/idempotent-fires.js';
import type { Token } from '../core/tokens/token.js';
import { withoutPatches } from '../core/tokens/without-patches.js';
import {
  acceptedFireQuery,
  availableTransitionsQuery,
  cancelUpdate,
  fireTransitionSignal,
  fireUpdate,
  migrateUpdate,
  placeAgentsChangedSignal,
  retryUpdate,
  tokenQuery,
  triggerPlaceAgentsUpdate,
  updateTokenUpdate,
  type TokenStart,
} from '../contract/messages.js';
import { refuseForeignCarried, type CarriedToken } from './carried-token.js';
import { cancellations, updates } from './read-messages.js';
import { TokenLife } from './token-life.js';

/**
 * The life of one token: its id is this Temporal workflow's id. Fires arrive as signals and updates; the workflow
 * ends with the token, as it was last. A long life goes on as a new run, with what is `carried`.
 */
export async function tokenLifecycle(
  start: TokenStart,
  carried?: CarriedToken,
  acceptedFires?: IdempotentFires,
): Promise<Token> {
  refuseForeignCarried(carried, acceptedFires);
  const life = new TokenLife(carried, acceptedFires);
  // Before the first await: an update that finds no handler is rejected.
  answerQueries(life);
  takeFires(life);
  takeChanges(life);
  try {
    await life.begin(start);
    while (!life.isOver) {
      const isCancelled = CancellationScope.current().consideredCancelled;
      // A new run would not know that it was cancelled.
      if (life.shouldGoOnAnew && !isCancelled)
        await continueAsNew<typeof tokenLifecycle>(withoutContent(start), ...life.carried());
      await life.goOn();
    }
    return life.token;
  } catch (error) {
    // Somebody cancelled the Temporal workflow itself: the token is cancelled with it.
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => life.end());
    throw error;
  } finally {
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

function answerQueries(life: TokenLife): void {
  setHandler(tokenQuery, () => life.token);
  setHandler(availableTransitionsQuery, () => life.availableTransitions());
  setHandler(acceptedFireQuery, (message) => life.acceptedFire(message));
}

function takeFires(life: TokenLife): void {
  setHandler(fireTransitionSignal, (message) => {
    life.fireSignalled(message);
  });
  setHandler(fireUpdate, (message) => life.fire(message), {
    validator: (message) => {
      life.validateFire(message);
    },
  });
}

function takeChanges(life: TokenLife): void {
  const change = async (input: Parameters<TokenLife['change']>[0]) => {
    const executionIds = await life.change(input);
    return { token: withoutPatches(life.token), executionIds };
  };
  setHandler(updateTokenUpdate, (message) => change({ type: 'update', ...updates.read(message) }), {
    validator: (message) => {
      life.validate({ type: 'update', ...updates.check(message) });
    },
  });
  setHandler(retryUpdate, () => change({ type: 'retry' }), {
    validator: () => {
      life.validate({ type: 'retry' });
    },
  });
  setHandler(cancelUpdate, (message) => change({ type: 'cancel', ...cancellations.read(message) }), {
    validator: (message) => {
      life.validate({ type: 'cancel', ...cancellations.check(message) });
    },
  });
  setHandler(triggerPlaceAgentsUpdate, () => change({ type: 'trigger-place-agents' }), {
    validator: () => {
      life.validate({ type: 'trigger-place-agents' });
    },
  });
  // It looks something up: a token that is cancelled meanwhile says so.
  const migrate = (message: unknown) => CancellationScope.nonCancellable(() => life.migrate(message));
  setHandler(migrateUpdate, migrate, {
    validator: (message) => {
      life.validateMigration(message);
    },
  });
  // A signal that fails ends the Temporal workflow: a cancelled token has records to write first.
  setHandler(placeAgentsChangedSignal, () => CancellationScope.nonCancellable(() => life.reloadPlaceAgents()));
}

/**
 * The start without its content, which `carried` has: the Temporal UI shows the rest, by which the token is
 * recognised.
 */
function withoutContent({
  data: _data,
  metadata: _metadata,
  definition: _definition,
  ...start
}: TokenStart): TokenStart {
  return start;
}
