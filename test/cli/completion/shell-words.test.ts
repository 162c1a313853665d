import { expect, it } from 'vitest';

import { shellWords } from '../../../src/cli/completion/shell-words.js';

it.each([
  [['run', '--env', 'p'], { words: ['run', '--env', 'p'], cut: 0 }],
  [['run', '--env', '='], { words: ['run', '--env='], cut: 6 }],
  [['run', '--env', '=', 'p'], { words: ['run', '--env=p'], cut: 6 }],
  [['run', '--env', '=', 'prod', ''], { words: ['run', '--env=prod', ''], cut: 0 }],
  [['run', '--data', '@', 'no'], { words: ['run', '--data', '@no'], cut: 1 }],
  [['run', '--data', '=', '@', 'no'], { words: ['run', '--data=@no'], cut: 8 }],
  [[''], { words: [''], cut: 0 }],
])('bash takes = and @ for words of their own: %j', (given, expected) => {
  expect(shellWords('bash', given)).toEqual(expected);
});

it('other shells give words as they were typed', () => {
  expect(shellWords('zsh', ['run', '--env', '=', 'p'])).toEqual({ words: ['run', '--env', '=', 'p'], cut: 0 });
});
