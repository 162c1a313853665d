import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import { asGraphqlError } from '../../error-response.js';
import { KnownDocuments, type ReadOperation } from './known-documents.js';
import { refuseCostly } from './query-cost.js';

export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** As many problems with variables are told at once. */
const MAX_ERRORS = 50;

/** Judges what is asked for before anything of it runs, by one rule at every door. */
export class OperationReader {
  readonly #schema: GraphQLSchema;
  readonly #documents: KnownDocuments;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
    this.#documents = new KnownDocuments(schema);
  }

  /** The operation, within the limits and with variables that fit; or all that is wrong with it. */
  read({ query, operationName, variables }: OperationRequest): ReadOperation | readonly GraphQLError[] {
    try {
      const document = this.#documents.read(query);
      if (!('kind' in document)) return document;
      const operation = operationOf(document, operationName);
      const { errors } = getVariableValues(this.#schema, operation.variableDefinitions ?? [], variables ?? {}, {
        maxErrors: MAX_ERRORS,
      });
      if (errors !== undefined) return errors;
      refuseCostly(this.#schema, { document, operation }, variables);
      return { document, operation };
    } catch (error) {
      return [asGraphqlError(error)];
    }
  }
}

function operationOf(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation != null) return operation;
  const message =
    name == null
      ? 'The document does not have one operation: name the one to run.'
      : `Unknown operation named "${name}".`;
  throw new GraphQLError(message);
}
