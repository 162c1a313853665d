/** Shared by every copy of this module: a tools folder may bring its own. */
const MARK = Symbol.for('circuit-breaker.tool-error');

/**
 * What a tool throws whose message is for the model as it stands: it says what is wrong and what to do. Of anything else that
 * a tool throws the model is told that the tool failed.
 *
 * @example
 * ```ts
 * if (order === undefined) throw new ToolError(`There is no order ${number}. Ask the customer for the number on the invoice.`);
 * ```
 */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly [MARK] = true;
}

/** Whether a value is a ToolError, of whichever copy of this program. */
export function isToolError(value: unknown): value is Error {
  return value instanceof Error && MARK in value;
}
