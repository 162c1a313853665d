#!/usr/bin/env node
import { parseArgs } from 'node:util';

import { runEverything } from '../compose/run-everything.js';
import { printError, runProcess } from '../compose/run-process.js';
import { DEFAULT_DOCUMENT, runDemo } from './demo.js';
import { runDoctor } from './doctor.js';

const USAGE = `circuit-breaker: durable AI agents on Temporal

  circuit-breaker demo [FILE]   send a text or Markdown document through review and watch the answer
      --model NAME              the model to ask, of the provider whose key is set
  circuit-breaker start         start Temporal, the worker and the API, and stay up
  circuit-breaker doctor        say what a start would find: settings, ports, storage, keys; changes nothing
`;

await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  const { command, file, model } = parse(args);
  switch (command ?? '') {
    case 'demo':
      await runProcess(
        (parts) => runDemo(parts, { file: file ?? DEFAULT_DOCUMENT, ...(model === undefined ? {} : { model }) }),
        {
          isTask: true,
        },
      );
      return;
    case 'start':
      await runProcess(async (parts) => {
        await runEverything(parts);
      });
      return;
    case 'doctor':
      process.exitCode = await runDoctor();
      return;
    default:
      process.stderr.write(USAGE);
      process.exitCode = command === 'help' ? 0 : 2;
  }
}

function parse(args: string[]): { command: string | undefined; file: string | undefined; model: string | undefined } {
  try {
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options: { model: { type: 'string' } } });
    return { command: positionals[0], file: positionals[1], model: values.model };
  } catch (error) {
    printError(error instanceof Error ? error.message : error);
    return { command: undefined, file: undefined, model: undefined };
  }
}
