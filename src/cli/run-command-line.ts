import { exitWhenUnread } from '../compose/end-request.js';
import { readManifest } from '../compose/manifest.js';
import { visibleText } from '../core/json/visible-text.js';
import { commandNamed } from './commands.js';
import { commandHelp, overview } from './help-text.js';
import { readCommandLine, type Misuse } from './read-command-line.js';
import { MISUSE } from './exit-codes.js';

/** Does what a command line asks for; every entry comes here. Commands set the exit code themselves. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  const invocation = readCommandLine(args);
  switch (invocation.type) {
    case 'run':
      await commandNamed(invocation.command).run(invocation.request);
      return;
    case 'help':
      tell(invocation.command === undefined ? overview() : commandHelp(invocation.command));
      return;
    case 'version':
      tell(`${(await readManifest()).version}\n`);
      return;
    case 'misuse':
      explainMisuse(invocation);
  }
}

function tell(text: string): void {
  exitWhenUnread();
  process.stdout.write(text);
}

function explainMisuse({ message, command, isWordless }: Misuse): void {
  const all = isWordless === true ? `\n${overview()}` : 'circuit-breaker help lists all commands.\n';
  const more = command === undefined ? all : `circuit-breaker help ${command} says how it is called.\n`;
  exitWhenUnread();
  process.stderr.write(`${visibleText(message)}\n${more}`);
  process.exitCode = MISUSE;
}
