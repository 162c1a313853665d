import { exitWhenUnread } from '../../compose/end-request.js';
import type { CommandRequest } from '../command.js';
import { candidatesFor, type Known } from '../completion/candidates.js';
import { folderNames } from '../completion/folder-names.js';
import { shellWords } from '../completion/shell-words.js';
import { candidateLines, isShell, SCRIPTS, SHELLS, type Shell } from '../completion/shells.js';
import { sayFault } from '../say-fault.js';

/** Prints what a shell is to do; or, with the words of a command line behind the shell, what may stand for the last of them. */
export async function completion({ operands }: CommandRequest, commands: Known['commands']): Promise<void> {
  const [shell, ...words] = operands;
  if (shell === undefined || !isShell(shell)) {
    sayFault(`Say for which shell: circuit-breaker completion ${SHELLS.join('|')}`);
    return;
  }
  exitWhenUnread();
  process.stdout.write(words.length === 0 ? SCRIPTS[shell] : await asked(shell, words, commands));
}

async function asked(shell: Shell, given: readonly string[], commands: Known['commands']): Promise<string> {
  const { words, cut } = shellWords(shell, given);
  const candidates = candidatesFor(words, { commands, names: await folderNames('.') });
  return candidateLines(shell, candidates, cut)
    .map((line) => `${line}\n`)
    .join('');
}
