import { EndRequest, exitCodeOf } from '../compose/end-request.js';
import { processVariables } from '../config.js';
import { CircuitBreakerError, wordsOf } from '../core/errors.js';
import { visibleText } from '../core/json/visible-text.js';
import { readEnvironment } from '../folder/environments.js';
import { ApiClient } from './api-client.js';
import { FolderNotWhole } from './definitions/whole-folder.js';
import type { CommandRequest } from './command.js';
import { sayFault } from './say-fault.js';

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
  let api: ApiClient | undefined;
  try {
    const asked = { variables: processVariables(), ...(env === undefined ? {} : { name: env }) };
    const { url, token } = await readEnvironment(folder, asked);
    api = new ApiClient(url, { signal: ending, ...telling(), ...(token === undefined ? {} : { token }) });
    process.exitCode = await run({ api, say, print, ending });
  } catch (error) {
    if (request.reason === undefined) sayFault(explained((await misfit(error, api)) ?? error));
  } finally {
    if (request.reason !== undefined) process.exitCode = exitCodeOf(request.reason);
    request.release();
  }
}

/** Where somebody sits at a terminal, who is told what takes long. */
function telling(): { readonly tell?: (line: string) => void } {
  if (!process.stderr.isTTY) return {};
  return { tell: (line) => void process.stderr.write(visibleText(`${line}\n`)) };
}

/** What was missing in an answer, where that is what came of it: answers are taken as our schema says that they are. */
async function misfit(error: unknown, api: ApiClient | undefined): Promise<CircuitBreakerError | undefined> {
  return error instanceof TypeError ? await api?.misfit() : undefined;
}

/** Errors that nobody expected say where they come from. */
function explained(error: unknown): string {
  if (error instanceof CircuitBreakerError || error instanceof FolderNotWhole) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : wordsOf(error);
}
