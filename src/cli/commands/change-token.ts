import { visibleJson, visibleJsonLine } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { cancelToken, fireTransition, retryToken, type ChangedToken } from '../operator/token-mutations.js';
import { followAtTerminal } from '../operator/follow-at-terminal.js';
import { neededOperands } from '../operator/needed-operands.js';
import { readData } from '../operator/read-data.js';
import { newestSequence } from '../operator/shown-events.js';
import { runClient, type ClientParts } from '../run-client.js';

/** Takes a transition, or begins to; with `--follow` shows what comes of it. */
export async function fire(request: CommandRequest): Promise<void> {
  await runClient(request, async (parts) => {
    const [tokenId, transitionId] = neededOperands(request, 'TOKEN', 'TRANSITION');
    const { data } = request.options;
    const input = { tokenId, transitionId, ...(data === undefined ? {} : { data: await readData(data) }) };
    return await change(parts, request, {
      id: tokenId,
      take: () => fireTransition(parts.api, input),
      words: ({ executionId, token }) =>
        executionId === null ? now(token) : `An agent works: circuit-breaker execution ${executionId} --follow`,
    });
  });
}

/** Tries again what raised an incident; with `--follow` shows what comes of it. */
export async function retry(request: CommandRequest): Promise<void> {
  await runClient(request, async (parts) => {
    const [id] = neededOperands(request, 'TOKEN');
    return await change(parts, request, {
      id,
      take: () => retryToken(parts.api, id),
      words: (token) => `${now(token)} It goes on by itself: circuit-breaker token ${id} says where it is.`,
    });
  });
}

/** Ends a token where it is. */
export async function cancel(request: CommandRequest): Promise<void> {
  await runClient(request, async (parts) => {
    const [id] = neededOperands(request, 'TOKEN');
    const { reason } = request.options;
    return await change(parts, request, { id, take: () => cancelToken(parts.api, id, reason), words: now });
  });
}

interface Change<Result> {
  readonly id: string;
  readonly take: () => Promise<Result>;
  /** For people: what has come of it, and how it goes on. */
  readonly words: (result: Result) => string;
}

/** Changes a token, and says so. What is followed is shown from there on, not what happened before. Gives back the exit code. */
async function change<Result extends object>(
  parts: ClientParts,
  { flags }: CommandRequest,
  { id, take, words }: Change<Result>,
): Promise<number> {
  const [isFollowed, isJson] = [flags.has('follow'), flags.has('json')];
  const after = isFollowed ? await newestSequence(parts.api, id) : 0;
  const result = await take();
  if (isJson) parts.say(isFollowed ? visibleJsonLine(result) : visibleJson(result));
  else if (!isFollowed) parts.say(words(result));
  return isFollowed ? await followAtTerminal(parts, { id, after, isJson }) : 0;
}

function now({ id, place, status }: ChangedToken): string {
  return `Token ${id} is in ${place} (${status}).`;
}
