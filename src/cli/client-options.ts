import type { Command, CommandOption } from './command.js';

/** Of every command that talks to a server. */
export const ENVIRONMENT_OPTION: CommandOption = {
  value: 'NAME',
  meaning: 'the server that circuit-breaker.yaml calls so; "default" otherwise',
};

export const JSON_OPTION: CommandOption = { meaning: 'JSON in place of lines, for programs' };

/** The variables of every command that talks to a server. */
export const CLIENT_VARIABLES: Command['variables'] = {
  AGENT_ACCESS_TOKEN: 'the token for a server on this machine; circuit-breaker.yaml names others',
};
