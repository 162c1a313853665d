import type { JsonObject } from '../core/json/json.js';
import type { Misfit, Problem } from '../core/json/problem.js';
import type { StructuredAnswer } from '../core/validation/structured-answer.js';

/** What an answer has to be in structure. */
export interface Expectation {
  readonly schema: JsonObject;
  /** What it has to have, by the paths that a mapping names. */
  readonly outputs: readonly string[];
}

/** `uncheckable`: nobody can tell whether the answer fits, for what its schema costs or is; another answer would not help. */
export type CheckedAnswer = StructuredAnswer | { readonly type: 'uncheckable'; readonly problem: string };

/**
 * Judges schemas that strangers wrote, and answers by them, within bounds of time and memory. Nothing else waits for it:
 * both may be made to take for ever. Rejects with UNAVAILABLE while too many wait, or when it cannot be done here.
 */
export interface SchemaChecker {
  /** What is wrong with an output schema, too high a cost included; pointers into it. */
  problemsOf(schema: JsonObject): Promise<readonly Problem[]>;
  /** Reads an answer's structured output, wherever it stands in the text. */
  readAnswer(text: string, expectation: Expectation): Promise<CheckedAnswer>;
  /** Where a value does not fit a schema; that it took too long to find out counts as well. */
  misfitsOf(value: JsonObject, schema: JsonObject): Promise<readonly Misfit[]>;
}
