import {
  defaultFieldResolver,
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { ResolverContext } from '../context.js';

type Resolve = GraphQLFieldResolver<unknown, ResolverContext, Readonly<Record<string, unknown>>>;

/** Has every list of objects counted by its true length, times the fields that are asked of each item. */
export function countListFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    for (const field of Object.values(type.getFields())) {
      const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
      if (!isList || !isCompositeType(getNamedType(field.type)) || type.name.startsWith('__')) continue;
      field.resolve = counted(field.resolve ?? defaultFieldResolver);
    }
  }
}

function counted(resolve: Resolve): Resolve {
  return (...call) => {
    const [, , { work }, info] = call;
    const count = (items: unknown) => {
      if (Array.isArray(items)) work.countFields(items.length * fieldsAskedOf(info));
      return items;
    };
    const result = resolve(...call);
    return result instanceof Promise ? result.then(count) : count(result);
  };
}

/** Documents are remembered, and so is what their fields ask for. */
const known = new WeakMap<SelectionSetNode, number>();

function fieldsAskedOf({ fieldNodes, fragments }: GraphQLResolveInfo): number {
  return fieldNodes.reduce((sum, { selectionSet }) => sum + fieldsIn(selectionSet, fragments), 0);
}

function fieldsIn(set: SelectionSetNode | undefined, fragments: GraphQLResolveInfo['fragments']): number {
  if (set === undefined) return 0;
  const counted =
    known.get(set) ??
    set.selections.reduce((sum, selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return sum + 1;
        case Kind.INLINE_FRAGMENT:
          return sum + fieldsIn(selection.selectionSet, fragments);
        case Kind.FRAGMENT_SPREAD:
          return sum + fieldsIn(fragments[selection.name.value]?.selectionSet, fragments);
      }
    }, 0);
  known.set(set, counted);
  return counted;
}
