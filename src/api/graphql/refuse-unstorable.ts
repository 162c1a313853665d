import { defaultFieldResolver, isObjectType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';

import { validationFailed } from '../../core/errors.js';
import { checkJson } from '../../core/json/check-json.js';
import type { Problem } from '../../core/json/problem.js';
import type { ResolverContext } from './context.js';

type Resolve = GraphQLFieldResolver<unknown, ResolverContext, Readonly<Record<string, unknown>>>;

/** Longer than any id, name or cursor; a Temporal workflow id has 1,000 bytes. */
const MAX_LENGTH = 1000;

/**
 * Refuses ids, reasons and filters with text that no backend carries, or longer than any of them is, at every field that takes
 * any, before they are used.
 * What comes within an input object is checked where that is read, by whichever door it came.
 */
export function refuseUnstorableArguments(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    for (const field of Object.values(type.getFields())) {
      if (field.args.length === 0 || type.name.startsWith('__')) continue;
      if (field.subscribe === undefined) field.resolve = checked(field.resolve ?? defaultFieldResolver);
      else field.subscribe = checked(field.subscribe);
    }
  }
}

function checked(resolve: Resolve): Resolve {
  return (parent, args, ...rest) => {
    const texts = Object.entries(args).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const problems = [...texts.flatMap(([name, text]) => tooLong(name, text)), ...checkJson(Object.fromEntries(texts))];
    if (problems.length > 0) throw validationFailed('The request', problems);
    return resolve(parent, args, ...rest);
  };
}

/** A reason is cut where it is read: nothing stands in the way of an end. */
function tooLong(name: string, text: string): readonly Problem[] {
  if (text.length <= MAX_LENGTH || name === 'reason') return [];
  const message = `must have at most ${MAX_LENGTH} characters`;
  return [{ code: 'INVALID_VALUE', pointer: `/${name}`, message }];
}
