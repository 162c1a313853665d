import type { CommandOption } from './command.js';

/** Of every command that talks to a server. */
export const ENVIRONMENT_OPTION: CommandOption = {
  value: 'NAME',
  meaning: 'the server that circuit-breaker.yaml calls so; "default" otherwise',
};
