import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';

import { boundedDepth, MAX_LENGTH, MAX_TOKENS } from './document-limits.js';
import { unconditionalSubscriptions } from './unconditional-subscriptions.js';

const MAX_DOCUMENTS = 200;
/** In characters, of all that are remembered: each takes up to 150 bytes, once it is read. */
const MAX_REMEMBERED = 128 * 1024;

/** One operation of a valid document. */
export interface ReadOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/**
 * Reads GraphQL documents, and remembers the valid ones: clients send the same few again and again. The one that was not
 * sent for longest is forgotten first.
 */
export class KnownDocuments {
  readonly #schema: GraphQLSchema;
  readonly #documents = new LRUCache<string, DocumentNode>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_REMEMBERED,
    sizeCalculation: (_document, query) => query.length,
  });

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
    const errors = validate(this.#schema, document, [...specifiedRules, boundedDepth, unconditionalSubscriptions]);
    if (errors.length > 0) return errors;
    this.#documents.set(query, document);
    return document;
  }
}
