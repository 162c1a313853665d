import { GraphQLError, Kind, OperationTypeNode, type ASTVisitor, type ValidationContext } from 'graphql';
import type { DirectiveNode, SelectionSetNode } from 'graphql';

const CONDITIONS: ReadonlySet<string> = new Set(['skip', 'include']);

/**
 * A validation rule: what a subscription subscribes to is not left out by `@skip` or `@include`, through fragments either. The
 * specification has it so, and graphql-js fails where nothing is left to subscribe to.
 */
export function unconditionalSubscriptions(context: ValidationContext): ASTVisitor {
  const conditionIn = (set: SelectionSetNode, seen: Set<string>): DirectiveNode | undefined => {
    for (const selection of set.selections) {
      const found =
        selection.directives?.find(({ name }) => CONDITIONS.has(name.value)) ??
        conditionIn(within(selection, seen), seen);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const within = (selection: SelectionSetNode['selections'][number], seen: Set<string>): SelectionSetNode => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet;
    if (selection.kind === Kind.FIELD || seen.has(selection.name.value)) return NOTHING;
    seen.add(selection.name.value);
    return context.getFragment(selection.name.value)?.selectionSet ?? NOTHING;
  };
  return {
    OperationDefinition(node) {
      if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
      const condition = conditionIn(node.selectionSet, new Set());
      if (condition === undefined) return;
      const message = `A subscription must not leave out its field by @${condition.name.value}.`;
      context.reportError(new GraphQLError(message, { nodes: condition }));
    },
  };
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };
