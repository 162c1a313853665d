import { createHash } from 'node:crypto';

import { stringify } from 'yaml';

import { exitWhenUnread } from '../../compose/end-request.js';
import { readAccessEntries } from '../../core/access/read-access-entries.js';
import type { JsonObject } from '../../core/json/json.js';
import type { CommandRequest } from '../command.js';
import { newAccessToken } from '../new-access-token.js';
import { showToken } from './show-token.js';
import { sayMisuse } from '../say-fault.js';

/** Shows a token of a workflow; or, with `create`, makes one that opens the API: prints it once, and the entry that the file of tokens keeps of it. */
export async function token(request: CommandRequest): Promise<void> {
  const [operand] = request.operands;
  if (operand === 'create') {
    createAccessToken(request);
    return;
  }
  if (operand === undefined) {
    sayMisuse('token', 'Say what to do: token create, or token and the id of one.');
    return;
  }
  await showToken(request);
}

function createAccessToken({ options }: CommandRequest): void {
  exitWhenUnread();
  const secret = newAccessToken();
  const entry = entryOf(secret, options);
  const read = readAccessEntries([entry]);
  if ('problems' in read) {
    sayMisuse('token', read.problems.map(({ message }) => `${message}.`).join('\n'));
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
