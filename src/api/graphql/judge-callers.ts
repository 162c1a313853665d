import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql';

import { refusal, type Right } from '../../core/access/right.js';
import type { ResolverContext } from './context.js';
import { tellRefused, toldMutation } from './told-mutation.js';
import { RIGHTS, type RightsOf } from './schema/rights.js';

type Resolve = GraphQLFieldResolver<unknown, ResolverContext, Readonly<Record<string, unknown>>>;

/**
 * Judges at each root field whether its caller may use it: here, where HTTP and sockets meet. The audit is told of every mutation, and of
 * what is refused. Throws for a field that has no row in
 * `RIGHTS`, and for a row that has no field: an API without rights does not start.
 */
export function judgeCallers(schema: GraphQLSchema): void {
  judgeFields(schema.getQueryType(), RIGHTS.Query);
  tellMutations(schema.getMutationType());
  judgeFields(schema.getMutationType(), RIGHTS.Mutation);
  judgeFields(schema.getSubscriptionType(), RIGHTS.Subscription);
}

function tellMutations(type: GraphQLObjectType | null | undefined): void {
  for (const [name, field] of Object.entries(type?.getFields() ?? {})) {
    field.resolve = told(name, field.resolve ?? defaultFieldResolver);
  }
}

function told(action: string, resolve: Resolve): Resolve {
  return (...call) => {
    const [, args, context] = call;
    return toldMutation({ action, args, context }, () => resolve(...call));
  };
}

function judgeFields(type: GraphQLObjectType | null | undefined, rights: RightsOf): void {
  const fields = type?.getFields() ?? {};
  for (const name of Object.keys(rights)) {
    if (!Object.hasOwn(fields, name)) throw new Error(`rights.ts has a row for "${name}", which the schema has not`);
  }
  for (const [name, field] of Object.entries(fields)) {
    const right = Object.hasOwn(rights, name) ? rights[name] : undefined;
    if (right === undefined) throw new Error(`rights.ts has no row for "${name}": say who may use it`);
    if (field.subscribe === undefined) field.resolve = judged(name, right, field.resolve ?? defaultFieldResolver);
    else field.subscribe = judged(name, right, field.subscribe);
  }
}

function judged(what: string, right: Right, resolve: Resolve): Resolve {
  return (...call) => {
    const [, args, context] = call;
    const { executionId } = args;
    const refused = refusal(context.caller, right, {
      what,
      executionId: typeof executionId === 'string' ? executionId : undefined,
    });
    if (refused !== undefined) {
      tellRefused({ action: what, args, context }, refused);
      throw refused;
    }
    return resolve(...call);
  };
}
