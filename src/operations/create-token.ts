import { setTimeout as delay } from 'node:timers/promises';

import { contentHash } from '../content-hash.js';
import { CircuitBreakerError, notFound, validationFailed } from '../core/errors.js';
import type { Problem } from '../core/json/problem.js';
import { idProblems } from '../core/ids.js';
import { parseTokenStart, type TokenStart } from '../core/tokens/token-start.js';
import { tokenTooLarge } from '../core/tokens/token-size.js';
import type { Token } from '../core/tokens/token.js';
import type { OperationParts } from './operation-parts.js';
import { ANSWERED_WITHIN_MS } from '../temporal/temporal-gateway.js';

/** Starts a token and gives it as it was recorded. The same id with the same input gives back the first one. */
export async function createToken(parts: OperationParts, input: Record<string, unknown>): Promise<Token> {
  const { id: given, ...rest } = input;
  const start = startOf(rest, idProblems(given, '/id'));
  const id = typeof given === 'string' ? given : crypto.randomUUID();
  const request = contentHash(start);
  return (await storedToken(parts, id, request)) ?? (await startedToken(parts, id, { start, request }));
}

async function startedToken(
  parts: OperationParts,
  id: string,
  { start, request }: { readonly start: TokenStart; readonly request: string },
): Promise<Token> {
  const deadline = performance.now() + ANSWERED_WITHIN_MS;
  await refuseUnknownWorkflow(parts.storage, start);
  await parts.temporal.startToken(id, start, request);
  return await recordedToken(parts, id, deadline);
}

/** One that is stored stays what it is, for longer than Temporal remembers it: it is never started again. */
async function storedToken({ storage, temporal }: OperationParts, id: string, request: string) {
  const origin = await storage.tokens.originOf(id);
  if (origin === undefined) return undefined;
  // Those that are older than this program's memory of requests are known to Temporal only.
  if ((origin.request ?? (await temporal.requestOf(id))) === request) return await storage.tokens.get(id);
  throw new CircuitBreakerError('ALREADY_EXISTS', `There is another token "${id}".`);
}

function startOf(input: unknown, others: readonly Problem[]): TokenStart {
  const parsed = parseTokenStart(input);
  const problems = [...others, ...('problems' in parsed ? parsed.problems : [])];
  if ('problems' in parsed || problems.length > 0) throw validationFailed('The token', problems);
  const { data = {}, metadata = {} } = parsed.value;
  const tooLarge = tokenTooLarge({ data, metadata });
  if (tooLarge !== undefined) throw new CircuitBreakerError('TOKEN_TOO_LARGE', tooLarge);
  return parsed.value;
}

/** Waits until a worker has created and recorded the token: from then on its creator can read it and fire. */
async function recordedToken({ storage, temporal }: OperationParts, id: string, deadline: number): Promise<Token> {
  // One look at least: it may have taken all the time to start it.
  for (let waits = 0; waits === 0 || performance.now() < deadline; waits += 1) {
    const token = await storage.tokens.get(id);
    if (token !== undefined) return token;
    if (waits % LOOKS_PER_DOUBT === LOOKS_PER_DOUBT - 1) await refuseEnded({ storage, temporal }, id);
    await delay(Math.min(FIRST_WAIT_MS * 2 ** waits, LONGEST_WAIT_MS));
  }
  const message = `Token "${id}" is started, but not recorded yet: no worker is running, or storage is away. It goes on when they are back; create it again with the same id to wait for it.`;
  throw new CircuitBreakerError('UNAVAILABLE', message);
}

async function refuseEnded({ storage, temporal }: Pick<OperationParts, 'storage' | 'temporal'>, id: string) {
  try {
    await temporal.refuseEndedToken(id);
  } catch (error) {
    // It may have been recorded after the last look, and have ended since.
    if ((await storage.tokens.originOf(id)) === undefined) throw error;
  }
}

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 100;
/** After so many looks without the token, Temporal is asked whether it has ended. */
const LOOKS_PER_DOUBT = 8;

async function refuseUnknownWorkflow(storage: OperationParts['storage'], start: TokenStart): Promise<void> {
  const stored = await storage.workflows.get(start.workflowId ?? '', start.workflowVersion);
  if (stored === undefined) throw notFound('workflow', start.workflowId ?? '');
  if (start.initialPlace === undefined || stored.definition.places.includes(start.initialPlace)) return;
  const message = `there is no place "${start.initialPlace}" in workflow "${stored.definition.id}"`;
  throw validationFailed('The token', [{ code: 'UNKNOWN_PLACE', pointer: '/initialPlace', message }]);
}
