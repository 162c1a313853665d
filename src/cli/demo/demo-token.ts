import type { ProcessParts } from '../../compose/run-process.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { ApiClient } from '../api-client.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { fireTransition } from '../operator/token-mutations.js';
import { pathOf, type ShownToken } from '../operator/token-view.js';
import type { RunningServer } from './running-server.js';

/** Fires the transition of an agent. Gives back the id of the execution that began. */
export async function fireAgent(api: ApiClient, tokenId: string, transitionId: string): Promise<string> {
  const { executionId } = await fireTransition(api, { tokenId, transitionId });
  if (executionId === null) throw new CircuitBreakerError('INTERNAL', `No agent works for ${transitionId}.`);
  return executionId;
}

/** Says where the token ended, and how. A token that is stuck makes the command fail. */
export function printOutcome(
  token: ShownToken,
  { historyUrl, startedHere }: RunningServer,
  say: ProcessParts['say'],
): void {
  say(`\nOutcome:  ${token.place} (${token.status})`);
  say(`Path:     ${pathOf(token)}`);
  if (token.incident !== null) {
    say(`Incident: ${token.incident.code}: ${token.incident.message}`);
    process.exitCode = NOT_WELL;
  }
  if (historyUrl === undefined) say(`History:  temporal workflow show --workflow-id ${token.id}`);
  else say(`History:  ${historyUrl}/workflows/${encodeURIComponent(token.id)}`);
  say(startedHere ? '\nStopping what this demo started; `npm start` brings it back, with this history.' : '');
}
