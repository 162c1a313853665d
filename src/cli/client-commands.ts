import type { Command } from './command.js';
import { ENVIRONMENT_OPTION } from './environment-option.js';

const VARIABLES = {
  AGENT_ACCESS_TOKEN: 'the token for a server on this machine; circuit-breaker.yaml names others',
};
const JSON_FLAG = { meaning: 'JSON in place of lines, for programs' };

/** The commands that talk to a server. */
export const CLIENT_COMMANDS = {
  diff: {
    operand: 'DIR',
    options: { env: ENVIRONMENT_OPTION, json: JSON_FLAG },
    summary: 'say what apply would change on a server, in words',
    description: `Compares the agents and workflows of DIR (this folder otherwise) with those of a server, by content. What only the server
has is told, and is no difference. Exits with 0 where apply would change nothing, with 1 where it would change something, and with 2
when something is wrong.`,
    variables: VARIABLES,
    examples: ['npx circuit-breaker diff', 'npx circuit-breaker diff my-agents --env prod'],
    script: 'npx circuit-breaker diff',
    run: async (request) => {
      const { diff } = await import('./commands/diff.js');
      await diff(request);
    },
  },
  apply: {
    operand: 'DIR',
    options: {
      env: ENVIRONMENT_OPTION,
      'dry-run': { meaning: 'let the server judge it, and save nothing' },
      prune: { meaning: 'delete agents and added place agents that only the server has, where nothing needs them' },
      json: JSON_FLAG,
    },
    summary: 'save a folder of agents and workflows on a server: all of it, or nothing',
    description: `Judges the agents and workflows of DIR (this folder otherwise) here and on the server, and saves what is different in one
step. What is there already stays as it is, so that it can be done again whenever it was cut off. Takes a token with the role
"administer". Exits with 0, or with 2 when something is wrong; then nothing was saved.`,
    variables: VARIABLES,
    examples: ['npx circuit-breaker apply', 'npx circuit-breaker apply my-agents --env prod --dry-run'],
    script: 'npx circuit-breaker apply',
    run: async (request) => {
      const { apply } = await import('./commands/apply.js');
      await apply(request);
    },
  },
  get: {
    operand: 'DIR',
    options: {
      env: ENVIRONMENT_OPTION,
      force: { meaning: 'write over files that differ' },
    },
    summary: 'write the agents and workflows of a server as files of YAML',
    description: `Writes what a server has into DIR (this folder otherwise): a file for each agent and workflow that no file there defines
already. A file that means the same stays as it is; where one differs nothing is written, unless --force is given. apply changes nothing
afterwards. Exits with 0, or with 2 when something is wrong.`,
    variables: VARIABLES,
    examples: ['npx circuit-breaker get', 'npx circuit-breaker get my-agents --env prod'],
    script: 'npx circuit-breaker get',
    run: async (request) => {
      const { get } = await import('./commands/get.js');
      await get(request);
    },
  },
} satisfies Readonly<Record<string, Command>>;
