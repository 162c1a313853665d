import type { ProcessParts } from '../../compose/run-process.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json/json.js';
import type { Incident } from '../../core/tokens/token.js';
import type { ApiClient } from '../api-client.js';
import { NOT_WELL } from '../exit-codes.js';
import { fireTransition } from '../operator/token-mutations.js';
import type { RunningServer } from './running-server.js';

/** Fires the transition of an agent. Gives back the id of the execution that began. */
export async function fireAgent(api: ApiClient, tokenId: string, transitionId: string): Promise<string> {
  const { executionId } = await fireTransition(api, { tokenId, transitionId });
  if (executionId === null) throw new CircuitBreakerError('INTERNAL', `No agent works for ${transitionId}.`);
  return executionId;
}

export interface SettledToken {
  readonly id: string;
  readonly place: string;
  readonly status: string;
  readonly data: JsonObject;
  readonly pending: { readonly transitionId: string } | null;
  readonly incident: Pick<Incident, 'code' | 'message'> | null;
  readonly history: readonly { readonly transition: string; readonly fromPlace: string; readonly toPlace: string }[];
}

const TOKEN = `query ($id: String!) {
  token(id: $id) {
    id place status data pending { transitionId } incident { code message } history { transition fromPlace toPlace }
  }
}`;

/** The token once the answer has been applied: moments after the stream ended. */
export async function settledToken(api: ApiClient, id: string): Promise<SettledToken> {
  for (;;) {
    const { token } = await api.query<{ token: SettledToken }>(TOKEN, { id });
    if (token.pending === null) return token;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Says where the token ended, and how. A token that is stuck makes the command fail. */
export function printOutcome(
  token: SettledToken,
  { historyUrl, startedHere }: RunningServer,
  say: ProcessParts['say'],
): void {
  const [first] = token.history;
  const path = token.history.map((entry) => ` ─ ${entry.transition} → ${entry.toPlace}`).join('');
  say(`\nOutcome:  ${token.place} (${token.status})`);
  say(`Path:     ${first?.fromPlace ?? token.place}${path}`);
  if (token.incident !== null) {
    say(`Incident: ${token.incident.code}: ${token.incident.message}`);
    process.exitCode = NOT_WELL;
  }
  if (historyUrl === undefined) say(`History:  temporal workflow show --workflow-id ${token.id}`);
  else say(`History:  ${historyUrl}/workflows/${encodeURIComponent(token.id)}`);
  say(startedHere ? '\nStopping what this demo started; `npm start` brings it back, with this history.' : '');
}
