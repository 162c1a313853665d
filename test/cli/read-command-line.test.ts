import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { COMMAND_NAMES, commandNamed } from '../../src/cli/commands.js';
import { COMMAND_GROUPS, commandHelp, overview } from '../../src/cli/help-text.js';
import { readCommandLine } from '../../src/cli/read-command-line.js';

describe('a command line', () => {
  it.each([
    [['demo'], { operands: [], options: {} }],
    [['demo', 'notes.md', '--model', 'mine'], { operands: ['notes.md'], options: { model: 'mine' } }],
    [['--model=mine', 'demo', '--', '--notes.md'], { operands: ['--notes.md'], options: { model: 'mine' } }],
  ])('%j runs the demo', (args, request) => {
    expect(readCommandLine(args)).toEqual({ type: 'run', command: 'demo', request: { flags: new Set(), ...request } });
  });

  it('has flags, which take no value', () => {
    const request = { options: {}, flags: new Set(['json']), operands: ['my-agents'] };
    expect(readCommandLine(['validate', '--json', 'my-agents'])).toEqual({ type: 'run', command: 'validate', request });
  });

  it.each(COMMAND_NAMES)('%s explains itself instead of running, wherever the question stands', (command) => {
    const expected = { type: 'help', command };
    expect(readCommandLine([command, '--help'])).toEqual(expected);
    expect(readCommandLine([command, '-h', '--model', 'mine'])).toEqual(expected);
    expect(readCommandLine(['--help', command])).toEqual(expected);
    expect(readCommandLine(['help', command])).toEqual(expected);
  });

  it.each([[['help']], [['--help']], [['-h']]])('%j asks for all commands', (args) => {
    expect(readCommandLine(args)).toEqual({ type: 'help' });
  });

  it('asks for the version with any command', () => {
    expect(readCommandLine(['--version'])).toEqual({ type: 'version' });
    expect(readCommandLine(['start', '-v'])).toEqual({ type: 'version' });
  });

  it.each([
    [[], 'Say what to do:'],
    [['dmeo'], 'There is no command "dmeo". Did you mean demo?'],
    [['strat', '--help'], 'There is no command "strat". Did you mean start?'],
    [['exec'], 'There is no command "exec". Did you mean execute?'],
    [['tokn'], 'There is no command "tokn". Did you mean token?'],
    [['constructor'], 'There is no command "constructor".'],
    [['nope'], 'There is no command "nope".'],
    [['test'], 'There is no command "test".'],
    [['xyzzy'], 'There is no command "xyzzy".'],
    [['demo', '--modle', 'mine'], 'There is no option --modle here. Did you mean --model?'],
    [['demo', '--port=80'], 'There is no option --port here.'],
    [['start', '--model', 'mine'], 'There is no option --model here.'],
    [['doctor', '-x'], 'There is no option -x here.'],
    [['--halp'], 'There is no option --halp here. Did you mean --help?'],
    [['demo', '--model'], '--model needs a value behind it.'],
    [['validate', '--json=yes'], '--json takes no value.'],
    [['demo', 'one.md', 'two.md'], '"two.md" is a word too many: demo takes one FILE.'],
    [['start', 'now'], '"now" is a word too many: start takes only options.'],
  ])('%j is refused with what may have been meant', (args, message) => {
    expect(readCommandLine(args)).toMatchObject({ type: 'misuse', message });
  });
});

describe('the help', () => {
  it('has each command once, in a group', () => {
    expect(Object.values(COMMAND_GROUPS).flat().sort()).toEqual([...COMMAND_NAMES].sort());
    for (const name of COMMAND_NAMES) expect(overview()).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each([overview(), ...COMMAND_NAMES.map(commandHelp)])(
    'fits into the 80 columns of a terminal, but for examples: %s',
    (text) => {
      const tooLong = text.split('\n').filter((line) => line.length > 80 && !/^ {2}.*circuit-breaker/.test(line));
      expect(tooLong).toEqual([]);
    },
  );

  it.each(COMMAND_NAMES)('of %s says what it does, its options, variables and examples', (name) => {
    const { summary, description, options, examples } = commandNamed(name);
    const text = commandHelp(name);
    const inOneLine = (part: string) => part.replaceAll(/\s+/g, ' ');
    for (const part of [summary, description, ...Object.keys(options), ...examples])
      expect(inOneLine(text)).toContain(inOneLine(part));
  });

  it('names only variables that there are', () => {
    const known = readFileSync('.env.example', 'utf8');
    const named = COMMAND_NAMES.flatMap((name) => commandHelp(name).match(/\b[A-Z][A-Z]+_[A-Z_]+\b/g) ?? []);
    const isKnown = (name: string) => known.includes(`\n#${name}=`);
    const unknown = named.filter((name) => !isKnown(name) && !isKnown(name.replace(/_FILE$/, '')));
    expect(unknown).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });
});
