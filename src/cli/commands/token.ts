import { createHash } from 'node:crypto';

import { stringify } from 'yaml';

import { exitWhenUnread } from '../../compose/end-request.js';
import { readAccessEntries } from '../../core/access/read-access-entries.js';
import { visibleText } from '../../core/json/visible-text.js';
import type { JsonObject } from '../../core/json/json.js';
import type { CommandRequest } from '../command.js';
import { newAccessToken } from '../new-access-token.js';

/** What a shell expects of a program that was called wrongly. */
const MISUSE = 2;

/** Makes a token, prints it once, and the entry that the file of tokens keeps of it. Nothing is stored. */
export function token({ operands: [operand], options }: CommandRequest): void {
  exitWhenUnread();
  if (operand !== 'create') {
    refuse(
      operand === undefined ? 'Say what to do: token create.' : `There is no "token ${operand}": it is token create.`,
    );
    return;
  }
  const secret = newAccessToken();
  const entry = entryOf(secret, options);
  const read = readAccessEntries([entry]);
  if ('problems' in read) {
    refuse(read.problems.map(({ message }) => `${message}.`).join('\n'));
    return;
  }
  process.stdout.write(
    [
      'The token, which is shown this once:',
      '',
      `  ${secret}`,
      '',
      'Its entry, for the list in the file of ACCESS_TOKENS_FILE:',
      '',
      stringify([entry], { lineWidth: 0 }),
    ].join('\n'),
  );
}

function entryOf(secret: string, options: CommandRequest['options']): JsonObject {
  const { name = '', role = '', workflow, expires } = options;
  return {
    name,
    sha256: createHash('sha256').update(secret).digest('hex'),
    role,
    ...(workflow === undefined ? {} : { workflows: workflow.split(',').map((id) => id.trim()) }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function refuse(message: string): void {
  process.stderr.write(`${visibleText(message)}\ncircuit-breaker help token says how it is called.\n`);
  process.exitCode = MISUSE;
}
