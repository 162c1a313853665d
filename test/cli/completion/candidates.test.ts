import { describe, expect, it } from 'vitest';

import { candidatesFor } from '../../../src/cli/completion/candidates.js';
import { COMMAND_NAMES, commandNamed, COMMANDS } from '../../../src/cli/commands.js';

const names = { environments: ['default', 'prod'], workflows: ['document_review'], agents: ['reviewer'] };
const KNOWN = { commands: COMMANDS, names };

const words = (...typed: readonly string[]) => candidatesFor(typed, KNOWN).words.map(({ word }) => word);

describe('completion', () => {
  it('knows every command with what it does, and every option of each', () => {
    expect(words('')).toEqual([...COMMAND_NAMES, 'help', '--help', '--version']);
    for (const name of COMMAND_NAMES) {
      const options = Object.keys(commandNamed(name).options).map((option) => `--${option}`);
      expect(words(name, '-')).toEqual([...options, '--help']);
      expect(candidatesFor([name], KNOWN).words).toContainEqual({ word: name, meaning: commandNamed(name).summary });
    }
  });

  it.each([
    [['ex'], ['execute', 'executions', 'execution']],
    [['execute', ''], ['reviewer']],
    [['purge-cache', 'r'], ['reviewer']],
    [['help', 'doc'], ['doctor']],
    [['help', 'doctor', ''], []],
    [
      ['init', '--template', ''],
      ['document-review', 'support-ticket', 'blank'],
    ],
    [['init', '--template=b'], ['--template=blank']],
    [['token', 'c'], ['create']],
    [['token', 'create', '--role', 'op'], ['operate']],
    [
      ['apply', '--env', ''],
      ['default', 'prod'],
    ],
    [['apply', '--env', 'default', '--en'], []],
    [['run', 'doc'], ['document_review']],
    [['run', '--env', 'prod', 'doc'], ['document_review']],
    [['run', '--follow', 'doc'], ['document_review']],
    [['run', 'document_review', ''], []],
    [['executions', '--agent', ''], ['reviewer']],
    [['tokens', '--status', 'A'], ['ACTIVE']],
    [['token', 'create', '--workflow', 'a', '--workf'], ['--workflow']],
    [['no-such-command', ''], []],
    [['constructor', ''], []],
    [['run', '--constructor', ''], ['document_review']],
  ])('of %j is %j', (typed, expected) => {
    expect(words(...typed).sort()).toEqual([...expected].sort());
  });

  it.each([
    [['validate', ''], 'folders'],
    [['demo', 'no'], 'files'],
    [['run', 'document_review', '--data', '@no'], 'file behind @'],
  ])('of %j is left to the shell: %s', (typed, paths) => {
    expect(candidatesFor(typed, KNOWN)).toEqual({ words: [], paths });
  });
});
