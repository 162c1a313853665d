import { exitWhenUnread } from '../compose/end-request.js';
import { readManifest } from '../compose/manifest.js';
import { commandNamed } from './commands.js';
import { commandHelp, overview } from './help-text.js';
import { readCommandLine, type Misuse } from './read-command-line.js';
import { sayFault, sayMisuse } from './say-fault.js';

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
  if (command !== undefined) sayMisuse(command, message);
  else if (isWordless === true) sayFault(`${message}\n\n${overview().trimEnd()}`);
  else sayFault(`${message}\ncircuit-breaker help lists all commands.`);
}
