import { parse, specifiedRules, validate, type DocumentNode, type GraphQLError, type GraphQLSchema } from 'graphql';

import { boundedDepth, MAX_TOKENS } from './document-limits.js';

const MAX_DOCUMENTS = 200;
/** Longer ones are read again each time: what is remembered stays small whatever is sent. */
const MAX_LENGTH = 8 * 1024;

/** Reads GraphQL documents, and remembers the valid ones: clients send the same few again and again. */
export class KnownDocuments {
  private readonly documents = new Map<string, DocumentNode>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** The same object for the same text while it is remembered; or what is wrong with it. Throws when it does not parse. */
  read(query: string): DocumentNode | readonly GraphQLError[] {
    const known = this.documents.get(query);
    if (known !== undefined) return known;
    const document = parse(query, { maxLexicalTokens: MAX_TOKENS });
    const errors = validate(this.schema, document, [...specifiedRules, boundedDepth]);
    if (errors.length > 0) return errors;
    if (query.length <= MAX_LENGTH) this.remember(query, document);
    return document;
  }

  private remember(query: string, document: DocumentNode): void {
    const [oldest] = this.documents.keys();
    if (oldest !== undefined && this.documents.size >= MAX_DOCUMENTS) this.documents.delete(oldest);
    this.documents.set(query, document);
  }
}
