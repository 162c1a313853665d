import { CLIENT_VARIABLES, ENVIRONMENT_OPTION, JSON_OPTION } from './client-options.js';
import type { Command } from './command.js';

const FOLLOW = { meaning: 'show it live, to its end' };
const DATA = { value: 'DATA', meaning: 'a JSON object, or @FILE for one in a file' };

/** The commands by which operators look at what runs on a server, and step in. */
export const OPERATOR_COMMANDS = {
  run: {
    operand: 'WORKFLOW',
    options: {
      env: ENVIRONMENT_OPTION,
      data: DATA,
      fire: {
        value: 'TRANSITION',
        meaning: 'take it when the token waits; several are taken one after the other',
        isList: true,
      },
      follow: FOLLOW,
      json: JSON_OPTION,
    },
    summary: 'create a token of a workflow, and show it live',
    description: `Creates a token. With --follow it shows its places, the text of its agents and what blocks it where it waits, and asks at this terminal what
agents want approved, and which transition to fire where it waits for somebody. Exits with 0, with 1 at an incident or where the token was cancelled, and with 2 when something is wrong.`,
    variables: CLIENT_VARIABLES,
    examples: [
      'npx circuit-breaker run review --data @document.json --follow',
      'npx circuit-breaker run review --data @document.json --fire ai_review',
    ],
    script: 'npx circuit-breaker run',
    run: async (request) => {
      const { run } = await import('./commands/run.js');
      await run(request);
    },
  },
  tokens: {
    options: {
      env: ENVIRONMENT_OPTION,
      workflow: { value: 'ID', meaning: 'only those of this workflow' },
      place: { value: 'PLACE', meaning: 'only those in this place' },
      status: {
        value: 'STATUS',
        meaning: 'ACTIVE, COMPLETED, CANCELLED or TERMINATED',
        values: ['ACTIVE', 'COMPLETED', 'CANCELLED', 'TERMINATED'],
      },
      first: { value: 'COUNT', meaning: 'how many; 50 otherwise, 200 at the most' },
      json: JSON_OPTION,
    },
    summary: 'list tokens, the newest first',
    description: `A line for each: where it is, and its incident where it has one.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker tokens --workflow review --status ACTIVE'],
    script: 'npx circuit-breaker tokens',
    run: async (request) => {
      const { tokens } = await import('./commands/tokens.js');
      await tokens(request);
    },
  },
  incidents: {
    options: {
      env: ENVIRONMENT_OPTION,
      workflow: { value: 'ID', meaning: 'only those of this workflow' },
      first: { value: 'COUNT', meaning: 'how many; 50 otherwise, 200 at the most' },
      json: JSON_OPTION,
    },
    summary: 'list tokens that are stuck, with what happened',
    description: `A line for each token with an incident. retry goes on with it once what was wrong is mended.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker incidents', 'npx circuit-breaker incidents --env prod --json'],
    script: 'npx circuit-breaker incidents',
    run: async (request) => {
      const { incidents } = await import('./commands/tokens.js');
      await incidents(request);
    },
  },
  alerts: {
    options: {
      env: ENVIRONMENT_OPTION,
      all: { meaning: 'also what is over' },
      first: { value: 'COUNT', meaning: 'how many; 50 otherwise, 200 at the most' },
      json: JSON_OPTION,
    },
    summary: 'list what is wrong with all processes together',
    description: `A line for each alert that has fired and is not over, the newest first, with what to do. With --all also those that are over.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker alerts', 'npx circuit-breaker alerts --all --env prod'],
    script: 'npx circuit-breaker alerts',
    run: async (request) => {
      const { alerts } = await import('./commands/alerts.js');
      await alerts(request);
    },
  },
  fire: {
    operand: 'TOKEN TRANSITION',
    options: { env: ENVIRONMENT_OPTION, data: DATA, follow: FOLLOW, json: JSON_OPTION },
    summary: 'take a transition of a token',
    description: `Refused with what blocks it, with exit code 2. Data is merged into that of the token, by JSON Merge Patch. With --follow it shows
what comes of that and asks at this terminal, and exits with the codes of run.`,
    variables: CLIENT_VARIABLES,
    examples: [
      'npx circuit-breaker fire $TOKEN publish',
      'npx circuit-breaker fire $TOKEN ai_review --data @change.json --follow',
    ],
    script: 'npx circuit-breaker fire',
    run: async (request) => {
      const { fire } = await import('./commands/change-token.js');
      await fire(request);
    },
  },
  retry: {
    operand: 'TOKEN',
    options: { env: ENVIRONMENT_OPTION, follow: FOLLOW, json: JSON_OPTION },
    summary: 'try again what raised the incident of a token',
    description: `With the token and the agent as they are now. With --follow it shows what comes of that and asks at this terminal, and exits
with the codes of run.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker retry $TOKEN --follow'],
    script: 'npx circuit-breaker retry',
    run: async (request) => {
      const { retry } = await import('./commands/change-token.js');
      await retry(request);
    },
  },
  cancel: {
    operand: 'TOKEN',
    options: {
      env: ENVIRONMENT_OPTION,
      reason: { value: 'TEXT', meaning: 'why; it stands in its history' },
      json: JSON_OPTION,
    },
    summary: 'end a token where it is',
    description: `Its executions are cancelled with it.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker cancel $TOKEN --reason duplicate'],
    script: 'npx circuit-breaker cancel',
    run: async (request) => {
      const { cancel } = await import('./commands/change-token.js');
      await cancel(request);
    },
  },
  delete: {
    operand: 'TOKEN',
    options: {
      env: ENVIRONMENT_OPTION,
      yes: { meaning: 'do not ask whether it is meant' },
      json: JSON_OPTION,
    },
    summary: 'remove a token that has ended, and all that belongs to it, for good',
    description: `With its events, executions, conversations and streams, and what Temporal keeps of them; the audit keeps their ids. One that has
not ended is refused: cancel it first. Asks at the terminal before it does so. Where it was cut off, do it again. Takes a token with the role
"administer". Exits with 0, also where there is no such token, with 1 where nobody said yes, and with 2 when something is wrong.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker delete 7f3c', 'npx circuit-breaker delete 7f3c --yes --env prod'],
    script: 'npx circuit-breaker delete',
    run: async (request) => {
      const { deleteToken } = await import('./commands/delete-token.js');
      await deleteToken(request);
    },
  },
  migrate: {
    operand: 'WORKFLOW',
    options: {
      env: ENVIRONMENT_OPTION,
      from: { value: 'VERSION', meaning: 'of the tokens; needed' },
      to: { value: 'VERSION', meaning: 'the one that they go over to; needed' },
      map: { value: 'OLD=NEW', meaning: 'what is in place OLD goes to NEW; may be given again', isList: true },
      'dry-run': { meaning: 'say what would happen, and change nothing' },
      json: JSON_OPTION,
    },
    summary: 'have running tokens go over to another version of their workflow',
    description: `Running tokens keep their version until somebody does this. Says how many go over, and of each that cannot, why. May be called
again: a token goes over once. Exits with 0, with 1 where some cannot go, and with 2 when something is wrong.`,
    variables: CLIENT_VARIABLES,
    examples: [
      'npx circuit-breaker migrate review --from 1 --to 2 --dry-run',
      'npx circuit-breaker migrate review --from 1 --to 2 --map draft=drafted --env prod',
    ],
    script: 'npx circuit-breaker migrate',
    run: async (request) => {
      const { migrate } = await import('./commands/migrate.js');
      await migrate(request);
    },
  },
  rollout: {
    operand: 'WORKFLOW TRANSITION',
    options: {
      env: ENVIRONMENT_OPTION,
      mode: { value: 'MODE', meaning: 'bring its agent in so far: off, shadow or on', values: ['off', 'shadow', 'on'] },
      percent: { value: 'NUMBER', meaning: 'for so many of the tokens; 100 otherwise' },
      'max-error-rate': {
        value: 'PART',
        meaning: 'from 0 to 1: turn it off where more of its executions fail; "none" ends that',
      },
      'agent-version': {
        value: 'VERSION=PERCENT',
        meaning: 'have versions of the agent run side by side; given again, one more; "none" ends that',
        isList: true,
      },
      since: { value: 'TIME', meaning: 'report from then on, such as 2026-11-30T09:00:00Z' },
      'place-agent': { meaning: 'the second word is a place agent, and no transition' },
      json: JSON_OPTION,
    },
    summary: 'say how far an agent is brought into a workflow, and how it does',
    description: `Without --mode it shows what executions of that agent did, on and in the shadow, since its mode was last set: how many failed, how long they
took, what they cost, and which tokens a shadow would have moved elsewhere. It then exits with 1 where the agent was turned off by itself. With --mode
it brings the agent in so far, for tokens that live as well; that takes a token with the role "administer".`,
    variables: CLIENT_VARIABLES,
    examples: [
      'npx circuit-breaker rollout document_review review',
      'npx circuit-breaker rollout document_review review --mode on --percent 10 --max-error-rate 0.2',
    ],
    script: 'npx circuit-breaker rollout',
    run: async (request) => {
      const { rollout } = await import('./commands/rollout.js');
      await rollout(request);
    },
  },
  execute: {
    operand: 'AGENT',
    options: {
      env: ENVIRONMENT_OPTION,
      data: DATA,
      'bypass-cache': { meaning: 'ask its model, also where the answer is known' },
      follow: { meaning: 'show its text while it is written' },
      json: JSON_OPTION,
    },
    summary: 'have an agent work on its own, for no token',
    description: `Its prompts get the members of --data as variables. With --follow it shows the answer as it is written, asks at this terminal what the
agent wants approved, and exits with 1 where it did not end well. Exits with 2 when something is wrong.`,
    variables: CLIENT_VARIABLES,
    examples: [
      'npx circuit-breaker execute reviewer --data @document.json --follow',
      'npx circuit-breaker execute reviewer --data @document.json --bypass-cache --follow',
    ],
    script: 'npx circuit-breaker execute',
    run: async (request) => {
      const { execute } = await import('./commands/execute.js');
      await execute(request);
    },
  },
  'purge-cache': {
    operand: 'AGENT',
    options: { env: ENVIRONMENT_OPTION, json: JSON_OPTION },
    summary: 'remove the answers of an agent that are kept to be given again',
    description: `Says how many there were. The next execution that asks the same asks its model. Takes a token with the role "administer".`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker purge-cache reviewer', 'npx circuit-breaker purge-cache reviewer --env prod'],
    script: 'npx circuit-breaker purge-cache',
    run: async (request) => {
      const { purgeCache } = await import('./commands/purge-cache.js');
      await purgeCache(request);
    },
  },
  executions: {
    options: {
      env: ENVIRONMENT_OPTION,
      workflow: { value: 'ID', meaning: 'only those of this workflow' },
      agent: { value: 'ID', meaning: 'only those of this agent' },
      token: { value: 'ID', meaning: 'only those of this token' },
      status: { value: 'STATUS', meaning: 'such as RUNNING or FAILED' },
      first: { value: 'COUNT', meaning: 'how many; 50 otherwise, 200 at the most' },
      json: JSON_OPTION,
    },
    summary: 'list executions of agents, the newest first',
    description: `A line for each: of which agent, for which token, how it stands.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker executions --status FAILED'],
    script: 'npx circuit-breaker executions',
    run: async (request) => {
      const { executions } = await import('./commands/executions.js');
      await executions(request);
    },
  },
  execution: {
    operand: 'EXECUTION',
    options: { env: ENVIRONMENT_OPTION, follow: { meaning: 'show its text while it is written' }, json: JSON_OPTION },
    summary: 'show an execution of an agent, or follow it',
    description: `How it stands, its warnings and its answer. Exits with 1 where it did not end well.`,
    variables: CLIENT_VARIABLES,
    examples: ['npx circuit-breaker execution $EXECUTION --follow'],
    script: 'npx circuit-breaker execution',
    run: async (request) => {
      const { execution } = await import('./commands/executions.js');
      await execution(request);
    },
  },
} satisfies Readonly<Record<string, Command>>;
