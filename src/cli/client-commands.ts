import { CLIENT_VARIABLES, ENVIRONMENT_OPTION, JSON_OPTION } from './client-options.js';
import type { Command } from './command.js';

/** The commands that bring a folder to a server, or what a server has into a folder. */
export const CLIENT_COMMANDS = {
  diff: {
    operand: 'DIR',
    options: { env: ENVIRONMENT_OPTION, json: JSON_OPTION },
    summary: 'say what apply would change on a server, in words',
    description: `Compares the agents and workflows of DIR (this folder otherwise) with those of a server, by content. What only the server
has is told, and is no difference. Exits with 0 where apply would change nothing, with 1 where it would change something, and with 2
when something is wrong.`,
    variables: CLIENT_VARIABLES,
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
      json: JSON_OPTION,
    },
    summary: 'save a folder of agents and workflows on a server: all of it, or nothing',
    description: `Judges the agents and workflows of DIR (this folder otherwise) here and on the server, and saves what is different in one
step. What is there already stays as it is, so that it can be done again whenever it was cut off. Takes a token with the role
"administer". Exits with 0, or with 2 when something is wrong; then nothing was saved.`,
    variables: CLIENT_VARIABLES,
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
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker get', 'npx circuit-breaker get my-agents --env prod'],
    script: 'npx circuit-breaker get',
    run: async (request) => {
      const { get } = await import('./commands/get.js');
      await get(request);
    },
  },
  backup: {
    operand: 'DIR',
    options: { env: ENVIRONMENT_OPTION },
    summary: 'copy all that a server keeps in its data folder, while it runs',
    description: `Writes into DIR, which is not there yet, what the server keeps: its storage, its streams and its Temporal server's database, as they
are at one moment, for which it stands still. restore makes a data folder of it. Takes a token with the role "administer". A server whose storage,
streams or Temporal lie elsewhere has nothing to copy: back those up. Secrets of the environment are not in it. Exits with 0, or with 2 when
something is wrong; then DIR is not there.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker backup backups/monday'],
    script: 'npx circuit-breaker backup',
    run: async (request) => {
      const { backup } = await import('./commands/backup.js');
      await backup(request);
    },
  },
} satisfies Readonly<Record<string, Command>>;
