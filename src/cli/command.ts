/** A command of `circuit-breaker`, as a person may ask for it. */
export interface Command {
  /** Behind the name: `[FILE]`. */
  readonly operand?: string;
  /** By name, each with what stands for its value and what it is for. */
  readonly options: Readonly<Record<string, { readonly value: string; readonly meaning: string }>>;
  /** One line. */
  readonly summary: string;
  /** What it does, in a few lines. */
  readonly description: string;
  /** The variables that matter most, each with what it is for. */
  readonly variables: Readonly<Record<string, string>>;
  readonly examples: readonly string[];
  /** The npm script that does the same. */
  readonly script: string;
  readonly run: (request: CommandRequest) => Promise<void>;
}

export interface CommandRequest {
  readonly operand?: string;
  readonly options: Readonly<Record<string, string>>;
}
