import { getNamedType, getNullableType, isEnumType, isObjectType, isScalarType, type GraphQLSchema } from 'graphql';

/** What stands for itself, and is read by its own id. */
const ENTITIES: ReadonlySet<string> = new Set(['Agent', 'AgentExecution', 'Token', 'Workflow']);

/** Everything that a type has of its own, as a selection: fields with arguments and other entities are left out. */
export function selectionOf(schema: GraphQLSchema, typeName: string): string {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is no type with fields`);
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(getNullableType(field.type));
    if (field.args.length > 0 || ENTITIES.has(named.name)) return [];
    if (isScalarType(named) || isEnumType(named)) return [field.name];
    return [`${field.name} ${selectionOf(schema, named.name)}`];
  });
  return `{ ${fields.join(' ')} }`;
}
