import type { Problem } from './problem.js';
import { jsonPointer, type JsonPath } from './json-pointer.js';
import { mayHaveLostDigits } from './inexact-integer.js';
import { isWellFormed, wellFormed } from './well-formed-text.js';

/** Objects and lists within each other. Deep enough for any document; code that recurses over one is safe below it. */
const MAX_DEPTH = 64;

const MAX_PROBLEMS = 20;
const UNSTORABLE_TEXT = 'has U+0000 or half of a surrogate pair, which cannot be stored';

/** A value and where it stands: the way up is linked, since copying a path for every member of a large list is costly. */
interface Place {
  readonly value: unknown;
  readonly step: string | number;
  readonly depth: number;
  readonly parent: Place | undefined;
}

/**
 * What keeps a value from being stored and given back as it came: text that no backend carries, numbers beyond JSON,
 * nesting without end. Does not recurse, so that it is safe on whatever was sent.
 */
export function checkJson(input: unknown): readonly Problem[] {
  return faultsIn(input, faultOf);
}

/**
 * The same for what people and programs send us, whose numbers have to stay as they are, too: what JSON writes with more
 * digits than a double holds is another number when it has been read.
 */
export function checkInput(input: unknown): readonly Problem[] {
  return faultsIn(input, (place) => faultOf(place) ?? inexactNumber(place));
}

type Fault = Omit<Problem, 'pointer'>;

function faultsIn(input: unknown, judge: (place: Place) => Fault | undefined): readonly Problem[] {
  const problems: Problem[] = [];
  const containers: Place[] = [];
  const look = (place: Place) => {
    const fault = judge(place);
    if (fault !== undefined) problems.push({ ...fault, pointer: jsonPointer(pathOf(place)) });
    else if (isContainer(place.value)) containers.push(place);
  };
  look({ value: input, step: '', depth: 0, parent: undefined });
  for (let parent = containers.pop(); parent !== undefined; parent = containers.pop()) {
    for (const [step, value] of membersOf(parent.value)) {
      look({ value, step, depth: parent.depth + 1, parent });
      if (problems.length >= MAX_PROBLEMS) return problems;
    }
  }
  return problems;
}

function faultOf({ value, step, depth }: Place): Fault | undefined {
  if (typeof step === 'string' && !isWellFormed(step))
    return { code: 'TEXT_INVALID', message: `the key ${UNSTORABLE_TEXT}` };
  if (step === '__proto__') return { code: 'TEXT_INVALID', message: 'the key "__proto__" is not allowed' };
  if (typeof value === 'string' && !isWellFormed(value)) {
    return { code: 'TEXT_INVALID', message: `the text ${UNSTORABLE_TEXT}` };
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { code: 'INVALID_VALUE', message: 'the number is too large for JSON' };
  }
  if (!isContainer(value) || depth < MAX_DEPTH) return undefined;
  return { code: 'TOO_DEEP', message: `values may be nested ${MAX_DEPTH} deep at most` };
}

function inexactNumber({ value }: Place): Fault | undefined {
  if (typeof value !== 'number' || !mayHaveLostDigits(value)) return undefined;
  const message = `whole numbers beyond ${Number.MAX_SAFE_INTEGER} lose digits: send it as text`;
  return { code: 'NUMBER_INEXACT', message };
}

function membersOf(value: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return value.entries();
  return isContainer(value) ? Object.entries(value) : [];
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Well-formed even where the key that it names is not: people read it, and logs store it. */
function pathOf(place: Place): JsonPath {
  const steps: (string | number)[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) {
    steps.unshift(typeof at.step === 'string' ? wellFormed(at.step) : at.step);
  }
  return steps;
}
