import {
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  isInterfaceType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import { CircuitBreakerError } from '../../core/errors.js';
import { MAX_FIRST } from './pages.js';

/** As many fields as one answer may have. The demo's page, with 50 tokens and their histories, has some 5,000. */
const MAX_FIELDS = 50_000;
/** What a list has that says nothing of its length: places, attempts, messages. */
const USUAL_LENGTH = 10;

type Variables = Readonly<Record<string, unknown>>;

/** Throws GRAPHQL_VALIDATION_FAILED for a valid document that may ask for more fields than an answer may have. */
export function refuseCostly(schema: GraphQLSchema, document: DocumentNode, variables?: Variables | null): void {
  const cost = new QueryCost(schema, document, variables ?? {}).ofCostliest();
  if (cost <= MAX_FIELDS) return;
  const message = `The query asks for up to ${cost} fields, and ${MAX_FIELDS} is the most: ask for fewer at once (\`first\`) or for less of each.`;
  throw new CircuitBreakerError('GRAPHQL_VALIDATION_FAILED', message);
}

/** How many fields the answer to a document may have. Each fragment is looked at once, however often it is used. */
class QueryCost {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly known = new Map<string, number>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
    private readonly variables: Variables,
  ) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
  }

  ofCostliest(): number {
    const costs = this.document.definitions.map((definition) => {
      if (definition.kind !== Kind.OPERATION_DEFINITION) return 0;
      const root = this.schema.getRootType(definition.operation);
      return root == null ? 0 : this.ofSelections(definition.selectionSet, root);
    });
    return Math.max(0, ...costs);
  }

  private ofSelections({ selections }: SelectionSetNode, type: GraphQLNamedType): number {
    return selections.reduce((sum, selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return sum + this.ofField(selection, type);
        case Kind.INLINE_FRAGMENT:
          return (
            sum + this.ofSelections(selection.selectionSet, this.named(selection.typeCondition?.name.value) ?? type)
          );
        case Kind.FRAGMENT_SPREAD:
          return sum + this.ofFragment(selection.name.value);
      }
    }, 0);
  }

  private ofFragment(name: string): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const fragment = this.fragments.get(name);
    const type = this.named(fragment?.typeCondition.name.value);
    const cost = fragment === undefined || type === undefined ? 0 : this.ofSelections(fragment.selectionSet, type);
    this.known.set(name, cost);
    return cost;
  }

  private ofField(node: FieldNode, parent: GraphQLNamedType): number {
    const field = fieldOf(parent, node.name.value);
    if (field === undefined || node.selectionSet === undefined) return 1;
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return 1;
    return 1 + this.length(node, field, parent) * this.ofSelections(node.selectionSet, type);
  }

  private length(node: FieldNode, field: GraphQLField<unknown, unknown>, parent: GraphQLNamedType): number {
    const first = field.args.find(({ name }) => name === 'first');
    if (first !== undefined) return this.firstOf(node) ?? (Number(first.defaultValue) || MAX_FIRST);
    // The items of a connection were counted where its length was asked for.
    return isList(field.type) && !parent.name.endsWith('Connection') ? USUAL_LENGTH : 1;
  }

  private firstOf(node: FieldNode): number | undefined {
    const value = node.arguments?.find(({ name }) => name.value === 'first')?.value;
    if (value === undefined) return undefined;
    const given =
      value.kind === Kind.INT
        ? Number(value.value)
        : value.kind === Kind.VARIABLE
          ? this.variables[value.name.value]
          : undefined;
    // What is out of range is refused where it is used.
    return typeof given === 'number' && given >= 0 ? Math.min(given, MAX_FIRST) : MAX_FIRST;
  }

  private named(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : this.schema.getType(name);
  }
}

function fieldOf(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
