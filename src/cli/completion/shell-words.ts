import type { Shell } from './shells.js';

export interface ShellWords {
  /** As they were typed; the last one is being typed. */
  readonly words: readonly string[];
  /** So many characters of the last one stand before what the shell takes for its word, and are not said again. */
  readonly cut: number;
}

/** What a shell takes for words, as the words that they are: bash takes `=` and `@` for words of their own. */
export function shellWords(shell: Shell, given: readonly string[]): ShellWords {
  if (shell !== 'bash') return { words: given, cut: 0 };
  const words: string[] = [];
  let isOpen = false;
  for (const word of given) {
    const isSign = word === '=' || word === '@';
    const last = words.at(-1);
    const joins: boolean = last !== undefined && (isOpen || (word === '=' && last.startsWith('--')));
    if (last !== undefined && joins) words[words.length - 1] = last + word;
    else words.push(word);
    isOpen = isSign && (word === '@' || joins);
  }
  const current = given.at(-1) ?? '';
  const shown = current === '=' || current === '@' ? '' : current;
  return { words, cut: (words.at(-1) ?? '').length - shown.length };
}
