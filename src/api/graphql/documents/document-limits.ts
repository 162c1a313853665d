import { GraphQLError, Kind, type ASTVisitor, type SelectionSetNode, type ValidationContext } from 'graphql';

/**
 * Documents with more words than this are refused before they are read: the parser recurses, and validation compares
 * fields pair by pair. The longest that tools send, introspection, has 400.
 */
export const MAX_TOKENS = 2000;

/**
 * In characters; longer documents are refused unread: comments are no words. The longest that tools send, introspection,
 * has 2,000.
 */
export const MAX_LENGTH = 64 * 1024;

/** Deep enough for introspection; there are no data that deep. */
const MAX_DEPTH = 15;

/** A validation rule: fields within fields, through fragments, to a bounded depth. Cyclic fragments are for another rule. */
export function boundedDepth(context: ValidationContext): ASTVisitor {
  const depths = new Map<string, number>();
  const depthOf = (set: SelectionSetNode): number =>
    set.selections.reduce((deepest, selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return Math.max(deepest, selection.selectionSet === undefined ? 1 : 1 + depthOf(selection.selectionSet));
        case Kind.INLINE_FRAGMENT:
          return Math.max(deepest, depthOf(selection.selectionSet));
        case Kind.FRAGMENT_SPREAD:
          return Math.max(deepest, fragmentDepth(selection.name.value));
      }
    }, 0);
  const fragmentDepth = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    // Found again while it is being measured: a cycle.
    depths.set(name, 0);
    const fragment = context.getFragment(name);
    const depth = fragment == null ? 0 : depthOf(fragment.selectionSet);
    depths.set(name, depth);
    return depth;
  };
  return {
    OperationDefinition(node) {
      if (depthOf(node.selectionSet) <= MAX_DEPTH) return;
      context.reportError(new GraphQLError(`The query is more than ${MAX_DEPTH} fields deep.`, { nodes: node }));
    },
  };
}
