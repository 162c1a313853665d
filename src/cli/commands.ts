import { ROLES } from '../core/access/role.js';
import { CLIENT_COMMANDS } from './client-commands.js';
import { CLIENT_VARIABLES, ENVIRONMENT_OPTION, JSON_OPTION } from './client-options.js';
import type { Command } from './command.js';
import { TEMPLATES } from './init/templates.js';
import { OPERATOR_COMMANDS } from './operator-commands.js';

const KEYS = {
  'OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_API_KEY':
    'keys of providers; each may also be a file: OPENAI_API_KEY_FILE',
  'OPENAI_API_KEYS, ANTHROPIC_API_KEYS, GOOGLE_API_KEYS':
    'several keys each, separated by commas, which share the calls; OPENAI_BASE_URLS and the others: several addresses',
  OPENAI_BASE_URL: "a server that speaks OpenAI's API, in place of OpenAI",
};
const BACKENDS = {
  STORAGE_URL: 'postgres://…, which several processes can share; a folder otherwise',
  AGENT_STORAGE_URL: 'redis://… or nats://… for agents, conversations and executions, if not where everything else is',
  STREAM_URL: 'redis://… or nats://… for the streams, if not where everything else is',
};
const CLUSTER = {
  TEMPORAL_ADDRESS: 'the Temporal server, as host:port; localhost:7233 otherwise',
  TEMPORAL_NAMESPACE: 'the namespace to work in',
};

const BUILD = {
  TEMPORAL_DEPLOYMENT_NAME:
    'a name for the workers of all versions: each build keeps its tokens; any worker takes any token otherwise',
  TEMPORAL_WORKER_BUILD_ID: 'the build; the version with the hash of the workflows otherwise',
};

/** All commands. Each loads what it needs when it runs, so that help is there at once. */
export const COMMANDS = {
  demo: {
    operand: 'FILE',
    options: {
      model: { value: 'NAME', meaning: 'the model to ask, of the provider whose key is set' },
      example: {
        value: 'NAME',
        meaning: 'document-review, or support-ticket, which asks you before it pays money back',
        values: ['document-review', 'support-ticket'],
      },
    },
    summary: 'send a text or Markdown document through review, or another example, and watch the answer',
    description: `Starts what does not run yet, sends a document through review by an agent, shows the answer as it is written, and
where the document ended: published, sent back or rejected. Without FILE it takes a document of the example; without
a key, and without an Ollama that runs, a mock answers from a script.`,
    variables: { ...KEYS, DATA_DIR: 'the folder for everything that is kept on disk' },
    examples: [
      'npx circuit-breaker demo',
      'OPENAI_API_KEY=sk-… npx circuit-breaker demo notes.md',
      'npx circuit-breaker demo --example support-ticket',
      'OPENAI_BASE_URL=http://localhost:11434/v1 npx circuit-breaker demo --model llama3.2',
    ],
    script: 'npm run demo',
    run: async (request) => {
      const { demo } = await import('./commands/demo.js');
      await demo(request);
    },
  },
  start: {
    options: {},
    summary: 'start Temporal, a worker and the API in one process, and stay up',
    description: `Finds or fetches a Temporal server and starts it, or uses the one that is named; then a worker and the API. Says where
everything is when it is ready, and ends in order with Ctrl-C.`,
    variables: {
      PORT: 'where the API listens; 4000 otherwise',
      DATA_DIR: 'the folder for everything that is kept on disk',
      TEMPORAL_ADDRESS: 'a Temporal server that runs already, as host:port',
      ...BACKENDS,
      ...KEYS,
    },
    examples: ['npx circuit-breaker start', 'PORT=4100 DATA_DIR=/var/lib/circuit-breaker npx circuit-breaker start'],
    script: 'npm start',
    run: async () => {
      const { start } = await import('./commands/start.js');
      await start();
    },
  },
  worker: {
    options: {},
    summary: 'start a worker process; Temporal runs elsewhere',
    description: `Runs the workflows and the model calls. As many as you like may run, on any machine that reaches Temporal and storage;
storage must then be a server.`,
    variables: {
      ...CLUSTER,
      ...BUILD,
      ...BACKENDS,
      MAX_CONCURRENT_EXECUTIONS: 'model calls at once in this process',
      WORKER_HEALTH_PORT: 'where it answers /health/live and /health/ready on this machine, for what looks after it',
      ...KEYS,
    },
    examples: ['STORAGE_URL=postgres://user:password@db/circuit_breaker npx circuit-breaker worker'],
    script: 'npm run worker',
    run: async () => {
      const { worker } = await import('./commands/worker.js');
      await worker();
    },
  },
  api: {
    options: {},
    summary: 'start an API process; Temporal runs elsewhere',
    description: `Serves GraphQL, its IDE and the streams. As many as you like may run; storage must then be a server, the same as that
of the workers.`,
    variables: {
      'PORT, HOST': 'where it listens; 127.0.0.1:4000 otherwise',
      CORS_ORIGINS: 'origins of pages that may use it besides its own',
      ...CLUSTER,
      ...BACKENDS,
    },
    examples: ['STORAGE_URL=postgres://user:password@db/circuit_breaker npx circuit-breaker api'],
    script: 'npm run api',
    run: async () => {
      const { api } = await import('./commands/api.js');
      await api();
    },
  },
  token: {
    operand: 'create|TOKEN',
    options: {
      env: ENVIRONMENT_OPTION,
      json: JSON_OPTION,
      name: { value: 'NAME', meaning: 'whose it is: the audit and refusals say it' },
      role: { value: 'ROLE', meaning: 'read, operate or administer', values: ROLES },
      workflow: {
        value: 'ID',
        meaning: 'the only workflow that it is for; several separated by commas, or given again',
        isList: true,
      },
      expires: { value: 'TIME', meaning: 'until when, like 2027-06-30T00:00:00Z; for ever otherwise' },
    },
    summary: 'show a token of a workflow; or make one by which somebody may call the API',
    description: `With the id of a token: where it is, how it came there, and what blocks each way out; exits with 1 where it has an incident. create prints a token, once, and the entry that the file of ACCESS_TOKENS_FILE keeps of it: its SHA-256, never the token. Changes
nothing: the entry counts when it stands in that file, which a running API reads again by itself.`,
    variables: {
      ...CLIENT_VARIABLES,
      ACCESS_TOKENS_FILE: 'the file that the entry is for',
    },
    examples: [
      'npx circuit-breaker token $TOKEN',
      'npx circuit-breaker token create --name ci --role operate --workflow document_review',
      'npx circuit-breaker token create --name wall --role read --expires 2027-06-30T00:00:00Z',
    ],
    script: 'npx circuit-breaker token',
    run: async (request) => {
      const { token } = await import('./commands/token.js');
      await token(request);
    },
  },
  audit: {
    operand: 'verify|export',
    options: {
      since: { value: 'TIME', meaning: 'with export: only what was done from then on, like 2027-01-31T00:00:00Z' },
      expect: {
        value: 'PLACE',
        meaning: 'with verify: an end that it printed before, which the chain must still go through',
      },
    },
    summary: 'verify that nobody has changed the audit, or write it out as lines of JSON',
    description: `Reads the storage that the API has. verify looks through the whole chain: an entry that was changed, one that is missing and a
tail that was cut off are each named, and it exits with 1. Keep the end that it prints somewhere else: whoever can write to the database
could make the whole chain anew, and --expect finds that. Storage in a folder is read while no other process has it.`,
    variables: {
      'STORAGE_URL, DATA_DIR': 'where the storage is, as the API has it',
      STREAM_AUTH_SECRET: 'has signed where the chain begins, once AUDIT_RETENTION_DAYS has removed its oldest entries',
    },
    examples: [
      'npx circuit-breaker audit verify',
      'npx circuit-breaker audit export --since 2027-01-31T00:00:00Z > audit.jsonl',
    ],
    script: 'npx circuit-breaker audit',
    run: async (request) => {
      const { audit } = await import('./commands/audit.js');
      await audit(request);
    },
  },
  init: {
    operand: 'DIR',
    options: {
      template: {
        value: 'NAME',
        meaning: 'document-review (if not said), support-ticket or blank',
        values: TEMPLATES,
      },
    },
    summary: 'make a folder for agents and workflows of your own, with a first test',
    description: `Writes agents, workflows, tests, a package.json, a README and an .env with random secrets into DIR (this folder otherwise), and
says what to do next. Writes over nothing: where one of its files is there already, it writes none and exits with 1.`,
    variables: {},
    examples: ['npx circuit-breaker init my-agents', 'npx circuit-breaker init my-agents --template support-ticket'],
    script: 'npx circuit-breaker init',
    run: async (request) => {
      const { init } = await import('./commands/init.js');
      await init(request);
    },
  },
  dev: {
    operand: 'DIR',
    options: {},
    summary: 'start everything, and apply a folder of agents and workflows whenever it is saved',
    description: `Starts everything as start does, in DIR (this folder otherwise): its .env is read. Applies its agents and workflows, at once and after
every save, all or nothing, and says what changes. What is wrong is said with file, line and column, and what was applied last stays. Shows
what happens to tokens of these workflows. Ends in order with Ctrl-C. Exits with 2 where there is no such folder.`,
    variables: {
      PORT: 'where the API listens; 4000 otherwise',
      DATA_DIR: 'the folder for everything that is kept on disk',
      TOOLS_DIR: 'the folder of functions that agents call; they are loaded at the start',
      ...KEYS,
    },
    examples: ['npx circuit-breaker dev', 'npx circuit-breaker dev my-agents'],
    script: 'npx circuit-breaker dev',
    run: async (request) => {
      const { dev } = await import('./commands/dev.js');
      await dev(request);
    },
  },
  validate: {
    operand: 'DIR',
    options: { json: { meaning: 'one object of JSON in place of lines, for programs' } },
    summary: 'say everything that is wrong in a folder of agents and workflows; offline, changes nothing',
    description: `Reads agents and workflows of DIR (this folder otherwise) and says what is wrong with them, a line for each problem:
file:line:column code message. Needs no server. Exits with 0 when all is well, with 1 when there are problems, and with 2 when there
is no such folder.`,
    variables: {},
    examples: ['npx circuit-breaker validate', 'npx circuit-breaker validate my-agents --json'],
    script: 'npx circuit-breaker validate',
    run: async (request) => {
      const { validate } = await import('./commands/validate.js');
      await validate(request);
    },
  },
  restore: {
    operand: 'DIR',
    options: {},
    summary: 'make a data folder of what backup has written',
    description: `Looks whether every file of DIR is as it was, and makes DATA_DIR of it, which must not be there yet or be empty. It is there whole or
not at all. What a token did after the backup never was; see docs/guides/backups.md for what that means.`,
    variables: { DATA_DIR: 'the folder to make' },
    examples: ['DATA_DIR=restored npx circuit-breaker restore backups/monday'],
    script: 'npx circuit-breaker restore',
    run: async (request) => {
      const { restore } = await import('./commands/restore.js');
      await restore(request);
    },
  },
  upgrade: {
    options: {
      check: { meaning: 'look, and change nothing' },
      'make-current': { meaning: 'have what begins from now on do so on the build of this version' },
      move: { meaning: 'have it take over the running tokens and executions that it repeats' },
      'dry-run': { meaning: 'with these two: say what they would do, and change nothing' },
      most: {
        value: 'COUNT',
        meaning: 'how many tokens, executions and batches each --check replays, the newest; 200 otherwise',
      },
      json: { meaning: 'one object of JSON in place of lines, for programs' },
    },
    summary: 'say whether this version can be started beside the one that runs, and have it take over',
    description: `Asked with the version that comes and the variables of a worker. --check replays the histories of running tokens, executions and batches
with this version's workflows, and lists the migrations that its first process will make, and the builds of TEMPORAL_DEPLOYMENT_NAME: what
each holds, whether its workers answer, and which may be stopped. Once a worker of this version runs, --make-current and --move have
its build take over: each token at once after its replay, and only where that repeats it. The same with the version before goes back.
Exits with 0 when all can go over or has, with 1 when something cannot or no worker answers for it, and with 2 when it was called
wrongly or a server cannot be asked.`,
    variables: {
      ...CLUSTER,
      ...BUILD,
      STORAGE_URL: 'postgres://…, whose migrations are looked at',
      TASK_QUEUE_PREFIX: 'as the workers have it',
      PAYLOAD_ENCRYPTION_KEYS: 'as the workers have them: histories are decrypted to be replayed',
    },
    examples: [
      'npx circuit-breaker upgrade --check',
      'npx circuit-breaker upgrade --check --most 2000 --json',
      'npx circuit-breaker upgrade --make-current --move --dry-run',
    ],
    script: 'npx circuit-breaker upgrade',
    run: async (request) => {
      const { upgrade } = await import('./commands/upgrade.js');
      await upgrade(request);
    },
  },
  reconcile: {
    options: {
      'dry-run': { meaning: 'say what disagrees and what would be done, and change nothing' },
      workflow: { value: 'ID', meaning: 'only tokens and executions of this workflow' },
      since: { value: 'TIME', meaning: 'of what has ended in Temporal, only since then, like 2027-01-31T00:00:00Z' },
      'namespace-lost': { meaning: 'end tokens also where Temporal knows none of them: it is lost for good' },
      json: { meaning: 'lines of JSON in place of text, for programs' },
    },
    summary: 'set right what storage and Temporal disagree on, after a restore',
    description: `Compares every token and execution of storage with Temporal, and all that Temporal has with storage. Says of each that differs what
storage has, what Temporal has and what is done: storage takes what only Temporal has, and a token that Temporal does not know is made
TERMINATED. Nothing that only storage has is lost. Storage on a server: workers must run, and everything may. Storage in a folder: stop what
runs on it; Temporal and a worker are started for it, so that tokens go on meanwhile. Where Temporal knows none of the tokens it ends none, and
says what to check. Exits with 0 when all is well, or was set right, with 1 when something differs, and with 2 when something is wrong.`,
    variables: {
      ...CLUSTER,
      ...BACKENDS,
      TASK_QUEUE_PREFIX: 'as the workers have it',
      PAYLOAD_ENCRYPTION_KEYS: 'as the workers have them',
    },
    examples: [
      'npx circuit-breaker reconcile --dry-run',
      'npx circuit-breaker reconcile --workflow review --json',
      'npx circuit-breaker reconcile --since 2027-01-31T00:00:00Z',
    ],
    script: 'npx circuit-breaker reconcile',
    run: async (request) => {
      const { reconcile } = await import('./commands/reconcile.js');
      await reconcile(request);
    },
  },
  ...CLIENT_COMMANDS,
  ...OPERATOR_COMMANDS,
  completion: {
    operand: 'bash|zsh|fish',
    options: {},
    summary: 'print what makes a shell complete these commands',
    description: `Prints a script that a shell reads as it starts. Completed are commands, options and what is known without a server: templates,
roles, environments of circuit-breaker.yaml, agents and workflows that this folder defines in YAML or JSON, files. The script asks the
program each time, so that it stays as it is when the program changes.`,
    variables: {},
    examples: [
      "echo 'source <(circuit-breaker completion bash)' >> ~/.bashrc",
      "echo 'source <(circuit-breaker completion zsh)' >> ~/.zshrc",
      'circuit-breaker completion fish > ~/.config/fish/completions/circuit-breaker.fish',
    ],
    script: 'npx circuit-breaker completion',
    run: async (request) => {
      const { completion } = await import('./commands/completion.js');
      await completion(request, allCommands());
    },
  },
  doctor: {
    options: {},
    summary: 'say what a start would find: settings, ports, storage, keys; changes nothing',
    description: `Looks at everything that a start needs, one line each, with what to do about what is missing. Asks providers for
their models with your keys, and prints no key. Exits with 1 when a start would come to nothing.`,
    variables: { 'all of .env.example': 'it reads what a start reads' },
    examples: ['npx circuit-breaker doctor'],
    script: 'npm run doctor',
    run: async () => {
      const { doctor } = await import('./commands/doctor.js');
      await doctor();
    },
  },
} satisfies Readonly<Record<string, Command>>;

/** The table, for a command of it. */
function allCommands(): Readonly<Record<string, Command>> {
  return COMMANDS;
}

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS).filter(isCommandName);

export function commandNamed(name: CommandName): Command {
  return COMMANDS[name];
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
