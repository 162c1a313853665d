import type { Api } from '../../core/agents/model-capabilities.js';

/** What of JSON Schema an API takes in its structured mode. What it does not take is left out of what it is sent. */
export interface SchemaSubset {
  /** Sent as they are; what others say is added to the description. `all` sends everything. */
  readonly keywords: ReadonlySet<string> | 'all';
  /** Of texts. */
  readonly formats: ReadonlySet<string>;
  /** Of which an `enum` may have some, by their types. */
  readonly choices: ReadonlySet<string>;
  /** The least numbers of items that it takes; absent: any. */
  readonly minItems?: readonly number[];
  /** Whether objects have to say that they have no other properties: free maps cannot be asked for. */
  readonly closed: boolean;
  /** Whether each value needs a type, so that "anything" cannot be asked for. */
  readonly typed: boolean;
  /** Whether all properties have to be required. */
  readonly complete: boolean;
  /** Where references may lead: to definitions, or also in a circle. */
  readonly references: 'definitions' | 'circles';
  readonly objectAtRoot: boolean;
  readonly deepest: number;
  readonly mostProperties: number;
  readonly mostOptional: number;
  /** Values of several types or choices. */
  readonly mostUnions: number;
}

/** One way to ask for an answer that fits a schema. */
export interface StructuredMode {
  readonly subset: SchemaSubset;
  /** What OpenAI calls it when it promises that the answer fits. */
  readonly strict: boolean;
}

const STRUCTURE = 'type properties required additionalProperties items enum anyOf $ref $defs title description';
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const SCALARS = words('string number boolean null');

const UNLIMITED = {
  deepest: 64,
  mostProperties: Infinity,
  mostOptional: Infinity,
  mostUnions: Infinity,
} as const;

/** Limits on numbers and lengths are taken by OpenAI's newest models, and by neither Azure nor fine-tuned ones. */
const OPENAI_STRICT: SchemaSubset = {
  keywords: words(STRUCTURE),
  formats: new Set(),
  choices: SCALARS,
  closed: true,
  typed: true,
  complete: true,
  references: 'circles',
  objectAtRoot: true,
  deepest: 10,
  mostProperties: 5000,
  mostOptional: 0,
  mostUnions: Infinity,
};

const ANYTHING: SchemaSubset = {
  keywords: 'all',
  formats: new Set(),
  choices: SCALARS,
  closed: false,
  typed: false,
  complete: false,
  references: 'circles',
  objectAtRoot: false,
  ...UNLIMITED,
};

const ANTHROPIC: SchemaSubset = {
  keywords: words(`${STRUCTURE} format minItems`),
  formats: words('date-time time date duration email hostname uri ipv4 ipv6 uuid'),
  choices: SCALARS,
  minItems: [0, 1],
  closed: true,
  typed: true,
  complete: false,
  references: 'definitions',
  objectAtRoot: false,
  ...UNLIMITED,
  mostOptional: 24,
  mostUnions: 16,
};

const GEMINI: SchemaSubset = {
  keywords: words(`${STRUCTURE} format prefixItems minItems maxItems minimum maximum`),
  formats: words('date-time date time'),
  choices: words('string number'),
  closed: false,
  typed: true,
  complete: false,
  references: 'definitions',
  objectAtRoot: false,
  ...UNLIMITED,
};

/** A grammar is made of it: patterns and long repetitions are where that fails. */
const OLLAMA: SchemaSubset = {
  ...ANYTHING,
  keywords: words(`${STRUCTURE} allOf prefixItems format minimum maximum`),
  formats: words('date time date-time uuid'),
};

const OPENAI: readonly StructuredMode[] = [
  { subset: OPENAI_STRICT, strict: true },
  { subset: { ...ANYTHING, objectAtRoot: true }, strict: false },
];

/** Tried in their order: the first that takes a schema is how it is asked for. Where none does, the prompt asks. */
export const STRUCTURED_MODES: Readonly<Record<Api, readonly StructuredMode[]>> = {
  openai: OPENAI,
  'openai-chat': OPENAI,
  // Servers that copy OpenAI's API take at least what it takes itself, if they take schemas at all.
  custom: [
    { subset: OPENAI_STRICT, strict: true },
    { subset: ANYTHING, strict: false },
  ],
  anthropic: [{ subset: ANTHROPIC, strict: true }],
  google: [{ subset: GEMINI, strict: true }],
  ollama: [{ subset: OLLAMA, strict: true }],
  mock: [{ subset: ANYTHING, strict: false }],
};
