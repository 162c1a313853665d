import { z } from 'zod';

import { shownToken, shownTransitions } from '../../core/engine/shown-to-agent.js';
import type { ErrorCode } from '../../core/codes.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { fingerprint } from '../../core/json/fingerprint.js';
import type { JsonObject } from '../../core/json/json.js';
import { defineTool } from '../define-tool.js';
import { ToolError } from '../tool-error.js';
import type { Tool, ToolContext } from '../tool.js';
import type { TokenAccess } from './token-access.js';

/** What agents do with the token that they run for: look at it, see where it may go, and move it. */
export function tokenTools(access: TokenAccess): readonly Tool[] {
  return [readTool(access), transitionsTool(access), fireTool(access)];
}

function readTool(access: TokenAccess): Tool {
  return defineTool({
    name: 'token.read',
    description:
      'Reads the token that you run for, as it is now: its place, status, version, data and metadata. A large token comes ' +
      'in parts: `missing` says which path to ask for.',
    input: z.object({
      path: z
        .string()
        .min(1)
        .max(1000)
        .optional()
        .describe('Only what is there, as in data.customer.name or data.items.0'),
      from: z.int().min(0).optional().describe('Of a long text or list at the path: where to go on'),
    }),
    idempotent: true,
    run: async ({ path, from }, context) => {
      const token = await access.read(tokenOf(context), context.signal);
      const question = { ...(path === undefined ? {} : { path }), ...(from === undefined ? {} : { from }) };
      const answer = shownToken(token, question);
      if ('problem' in answer) throw new ToolError(`${answer.problem}.`);
      return answer.shown;
    },
  });
}

function transitionsTool(access: TokenAccess): Tool {
  return defineTool({
    name: 'token.transitions',
    description:
      'Lists the transitions out of the place of the token that you run for: which may be fired now, and what stands ' +
      'against each of the others. Call it before token.fire.',
    input: z.object({}),
    idempotent: true,
    run: async (_, context) => {
      const { token, available } = await access.transitions(
        { tokenId: tokenOf(context), executionId: context.executionId },
        context.signal,
      );
      return shownTransitions(token, available);
    },
  });
}

function fireTool(access: TokenAccess): Tool {
  return defineTool({
    name: 'token.fire',
    description:
      'Fires a transition of the token that you run for: the token moves, or the agent of the transition begins. It cannot ' +
      'be taken back. When the token has left its place, you cannot move it any more.',
    input: z.object({
      transition: z.string().min(1).max(200).describe('The id of the transition'),
      data: z.record(z.string(), z.json()).optional().describe("Merged into the token's data (JSON Merge Patch)"),
      expectedVersion: z.int().optional().describe('Fires only if the token still has this version'),
    }),
    idempotent: true,
    run: async ({ transition, data, expectedVersion }, context) => {
      const tokenId = tokenOf(context);
      const request = {
        transitionId: transition,
        ...(data === undefined ? {} : { data: data as JsonObject }),
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
        idempotencyKey: keyOf(context),
        executionId: context.executionId,
      };
      const { token, executionId } = await access.fire(tokenId, request, context.signal).catch(throwRefusal);
      const { place, status, version } = token;
      return { fired: transition, place, status, version, ...(executionId === undefined ? {} : underWay(transition)) };
    },
  });
}

function underWay(transition: string): JsonObject {
  return { note: `${transition} has an agent of its own: the token moves when that has answered.` };
}

/** A key has at most 200 characters, and the id of an execution may be longer than that. */
function keyOf({ executionId, idempotencyKey }: ToolContext): string {
  if (idempotencyKey.length <= MAX_KEY_LENGTH) return idempotencyKey;
  return fingerprint(executionId) + idempotencyKey.slice(executionId.length);
}

const MAX_KEY_LENGTH = 200;
const OTHER_ADVICE = 'Look at token.transitions for what may be fired, or answer.';

function tokenOf({ token }: ToolContext): string {
  if (token !== undefined) return token.id;
  throw new ToolError('You run for no token: somebody asked you directly. Go on without the tools of the token.');
}

/** A refusal says what stands against it; what to do about a transition that is under way is not for a model to guess. */
function throwRefusal(error: unknown): never {
  if (!(error instanceof CircuitBreakerError)) throw error;
  throw new ToolError(`${error.message} ${ADVICE[error.code] ?? OTHER_ADVICE}`);
}

const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  TRANSITION_IN_PROGRESS:
    'A token takes one transition at a time. Where it is the one that you run for, it is taken when you have answered: ' +
    'answer instead.',
  TOKEN_CLOSED: 'It does not move any more: answer.',
  VERSION_CONFLICT: 'Read the token again before you decide.',
};
