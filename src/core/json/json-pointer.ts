import { shortened } from './shortened.js';

/** Steps into a JSON value. Schema libraries type them as property keys; in JSON there are no symbols. */
export type JsonPath = readonly PropertyKey[];

/** The JSON pointer (RFC 6901) of a path, behind the pointer that the path starts from. */
export function jsonPointer(path: JsonPath, base = ''): string {
  return path.reduce<string>((pointer, step) => `${pointer}/${escapeStep(String(step))}`, base);
}

/** The steps of a pointer, as they were before they became one: those that were too long are cut. */
export function pointerSteps(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Keys of strangers are as long as they like, and stand before everything that is wrong within. */
const MAX_STEP = 500;

function escapeStep(step: string): string {
  return shortened(step, MAX_STEP).replaceAll('~', '~0').replaceAll('/', '~1');
}
