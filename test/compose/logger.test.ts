import { stripVTControlCharacters } from 'node:util';

import { pino } from 'pino';
import { expect, it } from 'vitest';

import { prettyLine } from '../../src/compose/logger.js';

it('what people read is one line, without what only Temporal needs', async () => {
  const pretty = await prettyLine();
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(stripVTControlCharacters(pretty(line))) });
  const facts = { code: 'auth', workflowId: 'w', taskToken: 'abc', namespace: 'default', message: 'No key' };
  logger.warn(facts, 'Activity failed');
  const shown = '{"code":"auth","workflowId":"w","message":"No key"}';
  expect(lines.map((line) => line.replace(/^\[.*?\] /, ''))).toEqual([`WARN: Activity failed ${shown}\n`]);
});
