import type { Decision, Effect } from '../core/engine/decision.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { FireRequest } from '../core/tokens/fire-request.js';

export function startedIn(effects: readonly Effect[]): readonly ExecutionRequest[] {
  return effects.flatMap((effect) => (effect.type === 'start-execution' ? [effect.execution] : []));
}

/** The execution that a fire itself started: automatic transitions behind it may start others, and nobody waits for a shadow. */
export function startedBy({ effects }: Decision, request: FireRequest): string | undefined {
  const own = startedIn(effects).find(({ token, shadow }) => !shadow && token?.transitionId === request.transitionId);
  return own?.executionId;
}
