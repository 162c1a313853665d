import { readFile } from 'node:fs/promises';

import { CircuitBreakerError } from '../core/errors.js';
import { readDefinitionText } from '../folder/definition-text.js';
import { problemLine } from '../folder/folder-problem.js';

/**
 * A workflow as a file of a folder has it, YAML or JSON, for `runWorkflow`. Rejects with VALIDATION_FAILED and a line for each problem
 * (`file:line:column code message`), and with what the system says where there is no such file.
 */
export async function readWorkflow(file: string): Promise<object> {
  const text = await readFile(file, 'utf8');
  const { input, problems } = readDefinitionText(file, text);
  if (problems.length > 0 || typeof input !== 'object' || input === null) {
    const lines = problems.map((problem) => problemLine({ file, pointer: '', ...problem }));
    throw new CircuitBreakerError('VALIDATION_FAILED', lines.join('\n') || `${file} defines no workflow`);
  }
  return input;
}
