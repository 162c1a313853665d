import { defaultFieldResolver, type GraphQLSchema } from 'graphql';

import { CircuitBreakerError } from '../../core/errors.js';

/** Callers are to hear something within 15 s. What waits for Temporal says after 14 s what it has waited for. */
const HEARD_WITHIN_MS = 14_500;

/** They are of many things at once, each of which is bounded. */
const OF_MANY: ReadonlySet<string> = new Set(['applyDefinitions', 'migrateTokens']);

/**
 * Answers mutations with UNAVAILABLE that take too long, whatever it is that they wait for: each server on the way has its own bounds, and
 * all of them together may be too much. What was begun goes on, and the audit is told how it came out.
 */
export function answerInTime(schema: GraphQLSchema, withinMs = HEARD_WITHIN_MS): void {
  for (const [name, field] of Object.entries(schema.getMutationType()?.getFields() ?? {})) {
    if (OF_MANY.has(name)) continue;
    const { resolve = defaultFieldResolver } = field;
    field.resolve = async (...call) => await inTime(Promise.resolve(resolve(...call)), withinMs);
  }
}

async function inTime(answer: Promise<unknown>, withinMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(noAnswerYet());
    }, withinMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function noAnswerYet(): CircuitBreakerError {
  const message =
    'There is no answer yet: a server that it needs is slow, or cannot be reached. It may still be done: look for it, or send it again ' +
    'with the same id.';
  return new CircuitBreakerError('UNAVAILABLE', message);
}
