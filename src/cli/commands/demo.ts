import { runProcess } from '../../compose/run-process.js';
import type { CommandRequest } from '../command.js';
import { reviewDocument } from '../demo/document-review.js';

/** One document through review, then the end. */
export async function demo({ operand, options: { model } }: CommandRequest): Promise<void> {
  const options = {
    ...(operand === undefined ? {} : { file: operand }),
    ...(model === undefined ? {} : { model }),
  };
  await runProcess((parts) => reviewDocument(parts, options), { isTask: true });
}
