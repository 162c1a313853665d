/** What runs here, as far as the process knows that was put together: for people, without a secret in it. */
export interface ServerFacts {
  readonly version: string;
  /** Kind and place: `PGlite in .circuit-breaker/storage`. */
  readonly storage: string;
  readonly streams: string;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    /** Absent where it is not ours to know. */
    readonly uiUrl?: string;
  };
  /** The providers that this process has accounts of, or that there is the mock only. */
  readonly models: string;
  readonly guides: readonly Guide[];
  /** Whether the page of the GraphQL IDE is there for those who see this. */
  readonly servesIde: boolean;
}

/** A guide of the documentation, in Markdown. */
export interface Guide {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly text: string;
}
