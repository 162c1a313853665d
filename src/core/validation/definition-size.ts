import { withPrograms } from './compile-rules.js';
import type { WorkflowContent } from '../definitions/definition.js';
import type { Problem } from '../json/problem.js';
import { utf8Length } from '../json/utf8-length.js';

/**
 * A definition ready for use, with the place agents added to it and its expressions parsed, as JSON in UTF-8: it
 * travels into every token's Temporal workflow, where 2 MiB is the end.
 */
const MAX_DEFINITION_BYTES = 768 * 1024;

/** Says that a definition is too large for tokens to carry, or nothing when it fits. */
export function definitionTooLarge(content: WorkflowContent): readonly Problem[] {
  const bytes = utf8Length(JSON.stringify(withPrograms(content)));
  if (bytes <= MAX_DEFINITION_BYTES) return [];
  const message = `the definition, with its place agents and parsed expressions, takes ${bytes} bytes; the most is ${MAX_DEFINITION_BYTES}: split the workflow`;
  return [{ code: 'DEFINITION_TOO_LARGE', pointer: '', message }];
}
