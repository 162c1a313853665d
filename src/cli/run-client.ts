import { EndRequest, exitCodeOf } from '../compose/end-request.js';
import { processVariables } from '../config.js';
import { CircuitBreakerError, wordsOf } from '../core/errors.js';
import { visibleText } from '../core/json/visible-text.js';
import { readEnvironment } from '../folder/environments.js';
import { ApiClient } from './api-client.js';
import { FolderNotWhole } from './definitions/whole-folder.js';
import type { CommandRequest } from './command.js';

/** Something is wrong: with how it was called, with what was read, or with the server. */
const FAULT = 2;
/** There is something that a person should look at: a difference, an incident. */
export const NOT_WELL = 1;

export interface ClientParts {
  readonly api: ApiClient;
  /** A line for the person, or for the program, that called. Nothing in it is obeyed by a terminal. */
  readonly say: (line: string) => void;
  /** The same without a line break. */
  readonly print: (text: string) => void;
  /** Aborted when the command is to end. */
  readonly ending: AbortSignal;
}

/**
 * Runs a command that talks to a server: the one that `--env` names in the folder's `circuit-breaker.yaml`. What the command gives back
 * is its exit code. What goes wrong is one line, and FAULT.
 */
export async function runClient(
  { options: { env } }: Pick<CommandRequest, 'options'>,
  run: (parts: ClientParts) => Promise<number>,
  folder = '.',
): Promise<void> {
  const request = new EndRequest();
  const { signal: ending } = request;
  const print = (text: string) => void process.stdout.write(visibleText(text));
  const say = (line: string) => {
    print(`${line}\n`);
  };
  try {
    const asked = { variables: processVariables(), ...(env === undefined ? {} : { name: env }) };
    const { url, token } = await readEnvironment(folder, asked);
    const api = new ApiClient(url, { signal: ending, ...(token === undefined ? {} : { token }) });
    process.exitCode = await run({ api, say, print, ending });
  } catch (error) {
    if (request.reason === undefined) {
      process.stderr.write(visibleText(`${explained(error)}\n`));
      process.exitCode = FAULT;
    }
  } finally {
    if (request.reason !== undefined) process.exitCode = exitCodeOf(request.reason);
    request.release();
  }
}

/** Errors that nobody expected say where they come from. */
function explained(error: unknown): string {
  if (error instanceof CircuitBreakerError || error instanceof FolderNotWhole) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : wordsOf(error);
}
