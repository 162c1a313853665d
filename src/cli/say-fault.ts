import { exitWhenUnread } from '../compose/end-request.js';
import { visibleText } from '../core/json/visible-text.js';
import { FAULT } from '../compose/exit-codes.js';

/** Says on stderr why a command cannot be done. Nothing in it is obeyed by a terminal. Exits with FAULT, once the command returns. */
export function sayFault(message: string): void {
  exitWhenUnread();
  process.stderr.write(visibleText(`${message}\n`));
  process.exitCode = FAULT;
}

/** The same of a command that was called wrongly, with where its help is. */
export function sayMisuse(command: string, message: string): void {
  sayFault(`${message}\ncircuit-breaker help ${command} says how it is called.`);
}
