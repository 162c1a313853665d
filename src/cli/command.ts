/** A command of `circuit-breaker`, as a person may ask for it. */
export interface Command {
  /** Behind the name: `FILE`, or several with a blank between them. */
  readonly operand?: string;
  /** By name. */
  readonly options: Readonly<Record<string, CommandOption>>;
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

export interface CommandOption {
  /** What stands for its value. Absent: it has none, and is a flag. */
  readonly value?: string;
  readonly meaning: string;
  /** All that its value may be, where those are few: for completion. */
  readonly values?: readonly string[];
  /** Given again, it is one more: the values are joined by commas. Otherwise the last one counts. */
  readonly isList?: true;
}

export interface CommandRequest {
  /** As many as the command takes, or fewer. */
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  /** Options without a value that were given. */
  readonly flags: ReadonlySet<string>;
}
