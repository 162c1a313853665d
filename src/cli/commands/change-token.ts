import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';
import { readData } from '../operator/read-data.js';
import { runClient } from '../run-client.js';

interface Changed {
  readonly id: string;
  readonly place: string;
  readonly status: string;
}

const FIRE = `mutation ($input: TransitionFireInput!) {
  fireTransition(input: $input) { executionId token { id place status } }
}`;
const RETRY = 'mutation ($id: String!) { retryToken(id: $id) { id place status } }';
const CANCEL = 'mutation ($id: String!, $reason: String) { cancelToken(id: $id, reason: $reason) { id place status } }';

/** Takes a transition, or begins to. */
export async function fire(request: CommandRequest): Promise<void> {
  await runClient(request, async ({ api, say }) => {
    const [tokenId, transitionId] = neededOperands(request, 'TOKEN', 'TRANSITION');
    const { data } = request.options;
    const input = { tokenId, transitionId, ...(data === undefined ? {} : { data: await readData(data) }) };
    const { fireTransition } = await api.query<{
      fireTransition: { readonly executionId: string | null; readonly token: Changed };
    }>(FIRE, { input });
    const { executionId, token } = fireTransition;
    if (request.flags.has('json')) say(visibleJson(fireTransition));
    else say(executionId === null ? now(token) : `An agent works: circuit-breaker execution ${executionId} --follow`);
    return 0;
  });
}

/** Tries again what raised an incident. */
export async function retry(request: CommandRequest): Promise<void> {
  await change(request, { mutation: RETRY, name: 'retryToken', after: ({ id }) => howItGoesOn(id) });
}

/** Ends a token where it is. */
export async function cancel(request: CommandRequest): Promise<void> {
  await change(request, { mutation: CANCEL, name: 'cancelToken' });
}

interface Change {
  readonly mutation: string;
  readonly name: string;
  /** What to say behind where the token is. */
  readonly after?: (token: Changed) => string;
}

async function change(request: CommandRequest, { mutation, name, after = () => '' }: Change): Promise<void> {
  await runClient(request, async ({ api, say }) => {
    const [id] = neededOperands(request, 'TOKEN');
    const { reason } = request.options;
    const answer = await api.query<Readonly<Record<string, Changed>>>(mutation, {
      id,
      ...(reason === undefined ? {} : { reason }),
    });
    const token = answer[name];
    if (token === undefined) return 0;
    say(request.flags.has('json') ? visibleJson(token) : `${now(token)}${after(token)}`);
    return 0;
  });
}

function howItGoesOn(id: string): string {
  return ` It goes on by itself: circuit-breaker token ${id} says where it is.`;
}

function now({ id, place, status }: Changed): string {
  return `Token ${id} is in ${place} (${status}).`;
}
