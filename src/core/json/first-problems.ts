import type { Problem } from './problem.js';
import { shortened } from './shortened.js';

/** As many problems are told at once: who has more has made one mistake many times. */
export const MAX_PROBLEMS = 200;
const MAX_POINTER = 500;
const MAX_MESSAGE = 1000;

/**
 * The first problems of an input, and one that says that there are more. Where problems are found one after the other, as by a
 * generator, no more are looked for.
 */
export function firstProblems(problems: Iterable<Problem>): readonly Problem[] {
  const told: Problem[] = [];
  for (const problem of problems) {
    if (told.length === MAX_PROBLEMS) return [...told, more(problems)];
    told.push(bounded(problem));
  }
  return told;
}

function more(problems: Iterable<Problem>): Problem {
  const message = Array.isArray(problems)
    ? `there are ${problems.length - MAX_PROBLEMS} more problems`
    : `there are more problems: these are the first ${MAX_PROBLEMS}`;
  return { code: 'MORE_PROBLEMS', pointer: '', message };
}

/** Names and values of the input are in both. */
function bounded({ code, pointer, message }: Problem): Problem {
  return { code, pointer: shortened(pointer, MAX_POINTER), message: shortened(message, MAX_MESSAGE) };
}
