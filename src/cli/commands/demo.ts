import { runProcess } from '../../compose/run-process.js';
import type { CommandRequest } from '../command.js';
import { DEFAULT_DOCUMENT, runDemo } from '../demo.js';

/** One document through review, then the end. */
export async function demo({ operand: file = DEFAULT_DOCUMENT, options: { model } }: CommandRequest): Promise<void> {
  const options = { file, ...(model === undefined ? {} : { model }) };
  await runProcess((parts) => runDemo(parts, options), { isTask: true });
}
