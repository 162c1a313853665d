import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { validationFailed } from '../core/errors.js';
import { jsonPointer } from '../core/json/json-pointer.js';
import type { Problem } from '../core/json/problem.js';
import { DEFINITION_LIMITS } from '../core/definitions/definition-limits.js';

/** A place of the version that tokens leave, and the one of the other version that they are put into. */
export interface PlacePair {
  readonly from: string;
  readonly to: string;
}

/** The mapping by its places. Throws VALIDATION_FAILED with all that is wrong. */
export function placeMapping(
  pairs: readonly PlacePair[],
  { source, target }: { readonly source: WorkflowDefinition; readonly target: WorkflowDefinition },
): Readonly<Record<string, string>> {
  const problems: Problem[] = [];
  const most = DEFINITION_LIMITS.places;
  if (pairs.length > most) {
    const message = `a workflow has ${most} places at the most, and so many can be mapped`;
    throw validationFailed('The migration', [{ code: 'OUT_OF_RANGE', pointer: '/placeMapping', message }]);
  }
  const seen = new Set<string>();
  for (const [index, { from, to }] of pairs.entries()) {
    const at = (member: string) => jsonPointer(['placeMapping', index, member]);
    if (seen.has(from))
      problems.push({ code: 'DUPLICATE_ID', pointer: at('from'), message: `"${from}" is mapped twice` });
    if (!source.places.includes(from)) problems.push(unknownPlace(at('from'), from, source));
    if (!target.places.includes(to)) problems.push(unknownPlace(at('to'), to, target));
    seen.add(from);
  }
  if (problems.length > 0) throw validationFailed('The migration', problems);
  return Object.fromEntries(pairs.map(({ from, to }) => [from, to]));
}

function unknownPlace(pointer: string, place: string, { id, version }: WorkflowDefinition): Problem {
  return { code: 'UNKNOWN_PLACE', pointer, message: `workflow "${id}" version ${version} has no place "${place}"` };
}
