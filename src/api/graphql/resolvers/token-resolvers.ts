import { availabilitySteps } from '../../../core/engine/available-transitions.js';
import { effectiveDefinition } from '../../../core/definitions/effective-definition.js';
import { withPrograms } from '../../../core/validation/compile-rules.js';
import { notFound } from '../../../core/errors.js';
import type { PendingTransition, Token, TokenStatus } from '../../../core/tokens/token.js';
import type { StoredTokenEvent, TokenFilter } from '../../../storage/token-store.js';
import type { FireAccepted } from '../../../contract/messages.js';
import { cancelToken, retryToken, triggerPlaceAgents, updateToken } from '../../../operations/change-token.js';
import { deleteToken } from '../../../operations/delete-token.js';
import { createToken } from '../../../operations/create-token.js';
import { fireTransition } from '../../../operations/fire-transition.js';
import { migrateTokens } from '../../../operations/migrate-tokens.js';
import type { PlacePair } from '../../../operations/place-mapping.js';
import { usageOfToken } from '../../../operations/usage-report.js';
import { pageInParts } from '../read-in-parts.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';
import { workflowView } from './workflow-view.js';

export interface TokenFilterArguments {
  readonly workflowId?: string | null;
  readonly place?: string | null;
  readonly status?: TokenStatus | null;
  readonly hasIncident?: boolean | null;
}

export function tokenFilter({ workflowId, place, status, hasIncident }: TokenFilterArguments): TokenFilter {
  return {
    ...(workflowId == null ? {} : { workflowId }),
    ...(place == null ? {} : { place }),
    ...(status == null ? {} : { status }),
    ...(hasIncident == null ? {} : { hasIncident }),
  };
}

interface MigrateArguments extends PageArguments {
  readonly workflowId: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly placeMapping?: readonly PlacePair[] | null;
  readonly dryRun: boolean;
}

export const tokenResolvers = {
  Query: {
    token: (_: unknown, { id }: { id: string }, { storage, work }: ResolverContext) =>
      work.once(`token ${id}`, () => storage.tokens.get(id)),
    tokens: async (_: unknown, args: PageArguments & TokenFilterArguments, { storage, work }: ResolverContext) => {
      const filter = tokenFilter(args);
      return connectionOf(
        await pageInParts(work, pageRequest(args), (page) => storage.tokens.list(filter, page)),
        args,
      );
    },
    tokenEvents: (
      _: unknown,
      { tokenId, after, first }: { tokenId: string; after?: number | null; first: number },
      { storage }: ResolverContext,
    ) => storage.tokens.listEvents(tokenId, { after: after ?? 0, first: pageRequest({ first }).first }),
    availableTransitions: async (_: unknown, { tokenId }: { tokenId: string }, context: ResolverContext) => {
      const token = await context.work.once(`token ${tokenId}`, () => context.storage.tokens.get(tokenId));
      if (token === undefined) throw notFound('token', tokenId);
      return (await availability(token, context)).filter(({ canFire }) => canFire).map(({ transition }) => transition);
    },
  },
  Mutation: {
    createToken: (_: unknown, { input }: { input: Record<string, unknown> }, context: ResolverContext) =>
      createToken(context, input),
    fireTransition: (_: unknown, { input }: { input: { tokenId: string } }, context: ResolverContext) =>
      fireTransition(context, input),
    updateToken: (_: unknown, { id, ...input }: { id: string }, context: ResolverContext) =>
      updateToken(context, id, input),
    retryToken: (_: unknown, { id }: { id: string }, context: ResolverContext) => retryToken(context, id),
    cancelToken: (_: unknown, { id, reason }: { id: string; reason?: string | null }, context: ResolverContext) =>
      cancelToken(context, id, reason ?? undefined),
    deleteToken: (_: unknown, { id }: { id: string }, context: ResolverContext) => deleteToken(context, id),
    triggerPlaceAgents: (_: unknown, { tokenId }: { tokenId: string }, context: ResolverContext) =>
      triggerPlaceAgents(context, tokenId),
    migrateTokens: (_: unknown, args: MigrateArguments, context: ResolverContext) =>
      migrateTokens(
        context,
        { ...args, placeMapping: args.placeMapping ?? [] },
        { dryRun: args.dryRun, page: pageRequest(args) },
      ),
  },
  Token: {
    workflow: async (token: Token, _: unknown, { load }: ResolverContext) =>
      workflowView(await load.workflow(token.workflowId, token.workflowVersion)),
    transitions: (token: Token, _: unknown, context: ResolverContext) => availability(token, context),
    history: ({ history }: Token, { last }: { last: number }) => history.slice(-pageRequest({ first: last }).first),
    executions: async ({ id: tokenId }: Token, args: PageArguments, { storage, work }: ResolverContext) =>
      connectionOf(
        await pageInParts(work, pageRequest(args), (page) => storage.executions.list({ tokenId }, page)),
        args,
      ),
    cost: ({ id }: Token, _: unknown, context: ResolverContext) =>
      context.work.once(`cost ${id}`, () => usageOfToken(context, id)),
  },
  PendingTransition: {
    execution: ({ executionId }: PendingTransition, _: unknown, { load }: ResolverContext) =>
      load.execution(executionId),
  },
  TokenEvent: {
    token: ({ tokenId }: StoredTokenEvent, _: unknown, { load }: ResolverContext) => load.token(tokenId),
  },
  FireResult: {
    execution: ({ executionId }: FireAccepted, _: unknown, { load }: ResolverContext) =>
      executionId === undefined ? undefined : load.execution(executionId),
  },
};

/** Computed once for a token, however many fields ask for it; its workflow is made ready once for all tokens. */
async function availability(token: Token, { load, work }: ResolverContext) {
  const { workflowId, workflowVersion } = token;
  const { definition } = await load.workflow(workflowId, workflowVersion);
  const rollouts = await load.rollouts(workflowId);
  const ready = await work.once(`ready ${workflowId} ${workflowVersion}`, () =>
    withPrograms(effectiveDefinition(definition, { placeAgents: [], rollouts })),
  );
  return await work.onceInSteps(`transitions ${token.version} ${token.id}`, () => availabilitySteps(ready, token));
}
