import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import { boundedDepth, MAX_LENGTH, MAX_TOKENS } from './document-limits.js';

const MAX_DOCUMENTS = 200;
/** In characters, of all that are remembered: each takes up to 150 bytes, once it is read. */
const MAX_REMEMBERED = 128 * 1024;

/** One operation of a valid document. */
export interface ReadOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Reads GraphQL documents, and remembers the valid ones: clients send the same few again and again. */
export class KnownDocuments {
  readonly #schema: GraphQLSchema;
  readonly #documents = new Map<string, DocumentNode>();
  #length = 0;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** The same object for the same text while it is remembered; or what is wrong with it. Throws when it does not parse. */
  read(query: string): DocumentNode | readonly GraphQLError[] {
    const known = this.#documents.get(query);
    if (known !== undefined) return known;
    if (query.length > MAX_LENGTH) {
      throw new GraphQLError(`Syntax Error: Document has more than ${MAX_LENGTH} characters.`);
    }
    const document = parse(query, { maxLexicalTokens: MAX_TOKENS });
    const errors = validate(this.#schema, document, [...specifiedRules, boundedDepth]);
    if (errors.length > 0) return errors;
    this.#remember(query, document);
    return document;
  }

  #remember(query: string, document: DocumentNode): void {
    this.#documents.set(query, document);
    this.#length += query.length;
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_DOCUMENTS && this.#length <= MAX_REMEMBERED) return;
      this.#documents.delete(oldest);
      this.#length -= oldest.length;
    }
  }
}
