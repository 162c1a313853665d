import { runProcess } from '../../compose/run-process.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { CommandRequest } from '../command.js';
import type { DemoOptions } from '../demo/document-review.js';
import type { ProcessParts } from '../../compose/run-process.js';

type Demo = (parts: ProcessParts, options: DemoOptions) => Promise<void>;

/** Each loads what it needs when it runs. */
const EXAMPLES: Readonly<Record<string, () => Promise<Demo>>> = {
  'document-review': async () => (await import('../demo/document-review.js')).reviewDocument,
  'support-ticket': async () => (await import('../demo/support-ticket.js')).handleTicket,
};

/** One example from its beginning to its end: a document through review where none is named. */
export async function demo({ operands: [operand], options }: CommandRequest): Promise<void> {
  const { model, example = 'document-review' } = options;
  await runProcess(
    async (parts) => {
      const run = await loaded(example);
      await run(parts, {
        ...(operand === undefined ? {} : { file: operand }),
        ...(model === undefined ? {} : { model }),
      });
    },
    { isTask: true },
  );
}

async function loaded(example: string): Promise<Demo> {
  const load = Object.hasOwn(EXAMPLES, example) ? EXAMPLES[example] : undefined;
  if (load !== undefined) return await load();
  const known = Object.keys(EXAMPLES).join(' and ');
  throw new CircuitBreakerError('NOT_FOUND', `There is no example "${example}": there are ${known}.`);
}
