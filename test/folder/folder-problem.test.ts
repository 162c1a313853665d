import { expect, it } from 'vitest';

import { problemLine } from '../../src/folder/folder-problem.js';

it('is one line, whatever the file is called and the message says', () => {
  const file = 'agents/a\nb.yaml:1:1 OK\r.yaml';
  const line = problemLine({ file, line: 1, column: 1, code: 'FILE_EMPTY', message: 'there is\nnothing', pointer: '' });
  expect(line).toBe('agents/a␊b.yaml:1:1 OK␍.yaml:1:1 FILE_EMPTY there is␊nothing');
});
