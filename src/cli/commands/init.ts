import { relative } from 'node:path';

import { exitWhenUnread } from '../../compose/end-request.js';
import { wordsOf } from '../../core/errors.js';
import { visibleText } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { makeFolder } from '../init/new-folder.js';
import { isTemplate, TEMPLATES } from '../init/templates.js';
import { sayFault } from '../say-fault.js';

/** Makes a folder for agents and workflows. Exits with 1 where it cannot be made, and has then written over nothing. */
export async function init({ operands: [operand = '.'], options }: CommandRequest): Promise<void> {
  exitWhenUnread();
  const { template = TEMPLATES[0] } = options;
  if (!isTemplate(template)) {
    sayFault(`There is no template "${template}": take ${TEMPLATES.join(', ')}.`);
    return;
  }
  try {
    const files = await makeFolder(operand, template);
    say(process.stdout, [...files.map((file) => `  ${file}`), '', ...nextSteps(operand)].join('\n'));
  } catch (error) {
    say(process.stderr, `The folder ${operand} cannot be made: ${wordsOf(error)}`);
    process.exitCode = 1;
  }
}

function nextSteps(folder: string): readonly string[] {
  const path = relative('.', folder);
  return [
    'Next:',
    '',
    ...(path === '' ? [] : [`  cd ${path}`]),
    '  npm install',
    '  npm test          runs the workflow in a test, without a server or a model',
    '  npm run dev       starts everything, and applies agents and workflows as you save them',
  ];
}

function say(output: NodeJS.WriteStream, text: string): void {
  output.write(`${visibleText(text)}\n`);
}
