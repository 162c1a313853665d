/**
 * What can go wrong around an installation, and what is promised then. Each is the tag of the tests that make it happen:
 *
 *     npx vitest run --tags-filter worker-killed
 *
 * `docs/failures.md` is made of this and of those tests by `npm run failures`: a fault without a test is no row of it.
 */
export const FAULTS = {
  'worker-killed': {
    fault: 'A worker is killed',
    promise:
      'What it was doing goes on with another worker. A turn that the provider had finished is not paid for again; one that it had not is begun anew, and viewers are told that what they read is void. A tool that is idempotent is called again with the same key; of any other call the model is told that nobody knows what came of it. No token moves twice.',
  },
  'worker-frozen': {
    fault: 'A worker stands still and wakes later',
    promise:
      'Others take over what it had. When it wakes, it writes nothing any more to a stream that has another writer, and viewers end with the stored text.',
  },
  'worker-stopped': {
    fault: 'A worker is stopped in order',
    promise: 'It hands its calls over at once, and they do not count as attempts.',
  },
  'no-worker': {
    fault: 'No worker is left',
    promise: 'An execution ends when its time is over, and so does its stream.',
  },
  'api-killed': {
    fault: 'An API process is killed',
    promise:
      'Nothing that it had acknowledged is lost, and nothing that runs notices. Viewers come again with their cursor, at any other API process.',
  },
  'api-stopped': {
    fault: 'An API process is stopped in order',
    promise: 'Every viewer is told to come again, by whatever door it watches.',
  },
  'all-killed': {
    fault: 'Everything is killed at once',
    promise: 'After the start everything goes on from what was acknowledged, approvals that wait included.',
  },
  'earlier-release': {
    fault: 'A release is started on what an earlier one has left, killed',
    promise:
      'Tokens and executions that ran go on and end as they would have, viewers have the right texts, and the audit is whole.',
  },
  'build-replaced': {
    fault:
      'A build of the workers takes over from another while tokens run, and the old processes are stopped one by one',
    promise:
      'A token stays with the build that it began on until another one takes it over, which it does only after it has repeated what the token has lived. Every token ends, and moves once; no finished turn is called again, and viewers have the right texts.',
  },
  'build-gone': {
    fault: 'The build that holds a token has no worker any more',
    promise:
      'What is asked of the token is refused as `UNAVAILABLE` with the name of the build, and `upgrade --check` and `doctor` name it, too. Nothing is lost: a worker of that build goes on, or another build that repeats what the token has lived.',
  },
  'log-torn': {
    fault: 'The machine goes down, and takes the end of the log of storage with it',
    promise:
      'The next start compares storage with Temporal, and brings tokens and answers up to what that has. Each that differed is said by its id, also where it was Temporal that lost something. Agents, definitions and entries of the audit of the last moment are lost.',
  },
  'unread-output': {
    fault: 'The terminal hangs up, or nobody reads the log',
    promise: 'The process ends in order, and leaves no server and no lock.',
  },
  'folder-in-use': {
    fault: 'Two processes want one data folder',
    promise: 'One gets it, the other says who has it. A holder that died holds nothing.',
  },
  'temporal-killed': {
    fault: 'Temporal is killed, and comes back',
    promise: 'Every token is where its history says, no finished turn is paid for again, no tool has its effect twice.',
  },
  'temporal-away': {
    fault: 'Temporal does not answer',
    promise: 'What is asked is refused as `UNAVAILABLE`, leaves nothing behind, and can be repeated as it is.',
  },
  'temporal-forgot': {
    fault: 'Temporal has forgotten a history',
    promise:
      'What storage has of it is answered. A token is never lived a second time, and one that was under way ends as `TERMINATED`.',
  },
  'namespace-lost': {
    fault: 'Temporal has lost everything, or a slip in a setting looks like that',
    promise:
      'Where Temporal knows none of the tokens, none is ended for that: the log says so, and what to check. `circuit-breaker reconcile --namespace-lost` ends them once a person has said so.',
  },
  'restored-older': {
    fault: 'Storage, or Temporal, is restored from an older backup than the other',
    promise:
      '`circuit-breaker reconcile --dry-run` names each token and execution that differs, and changes nothing; without `--dry-run` storage takes what only Temporal has. Nothing that only storage has is lost.',
  },
  'another-temporal': {
    fault: 'A Temporal that storage does not belong to answers',
    promise: 'Nothing is concluded from what it does not know, and nothing ends for that.',
  },
  'workflow-reset': {
    fault: 'The Temporal workflow of a token is reset or terminated from outside',
    promise:
      'The newest run is the token. What the lost run had started is cancelled, and what it records late changes nothing.',
  },
  'task-lost': {
    fault: 'A workflow task is lost, or comes too late',
    promise: 'Its replay decides the same again. What was not answered is taken again, and what was is not.',
  },
  'storage-away': {
    fault: 'Storage is away',
    promise:
      'What is acknowledged is in force and recorded when storage is back; tokens answer meanwhile, and no answer of a model is thrown away.',
  },
  'storage-slow': {
    fault: 'Storage is slow, or one statement hangs',
    promise: 'A statement is given up in time and does not go on in the server; records go through Temporal meanwhile.',
  },
  'storage-full': {
    fault: 'The disk of storage is full, or its memory',
    promise:
      'Reads are answered; what cannot be stored is `UNAVAILABLE`, or waits and completes once there is room. Nothing acknowledged is lost and nothing is applied twice. The log says it once a minute, with the variable and the server.',
  },
  'storage-read-only': {
    fault: 'Storage takes no writes: it was set read-only, or is a standby now',
    promise: 'The same as where its disk is full.',
  },
  'storage-refuses': {
    fault: 'Storage refuses a record for its content',
    promise: 'The token says so as an incident and goes on. Nobody else waits for it.',
  },
  'killed-while-saving': {
    fault: 'A process is killed while it saves definitions or migrates',
    promise: 'All of it is there or nothing, and doing it again finishes it.',
  },
  'stream-away': {
    fault: 'The backend of streams is away, or connections to it are cut',
    promise: 'Answers go on, end and move their tokens. Viewers wait, and get the whole text when it is back.',
  },
  'stream-frozen': {
    fault: 'The backend of streams takes connections and answers nobody',
    promise: 'It counts as away within seconds, and an append that it had in its hands is stored once.',
  },
  'stream-forgot': {
    fault: 'The backend of streams has lost what it had, or its time is over',
    promise:
      'An answer that is under way is written again from its beginning, one that has ended is told from storage. A writer of before is fenced.',
  },
  'stream-full': {
    fault: 'The backend of streams is full',
    promise: 'Writers wait, and lose nothing once there is room.',
  },
  'answer-lost': {
    fault: 'The answer to a write is lost on its way',
    promise: 'The write is repeated and stored once.',
  },
  'network-silent': {
    fault: 'The network loses everything between an API process and its servers',
    promise:
      'Whatever is asked is answered, or refused as `UNAVAILABLE`, within 15 s, and those who watch have a sign every 5 s. Connections that died on the way are given up, and everything goes on by itself when the network is back.',
  },
  'worker-cut-off': {
    fault: 'A worker is cut off from some of its servers, and not from the others',
    promise:
      'It never speaks beside its successor: viewers end with the stored text, no token moves twice, and a turn that the provider has finished is not asked for again.',
  },
  'viewer-cut-off': {
    fault: 'The network loses everything between a viewer and the API',
    promise:
      'The client takes the server for gone after 15 s, says why, and comes again with its cursor. The server lets go of whoever answers no ping for 30 s.',
  },
  'viewer-slow': {
    fault: 'A viewer reads slowly, or not at all',
    promise: 'It gets chunks joined, never of two attempts, and holds nobody else up.',
  },
  'provider-fails': {
    fault: 'A provider breaks off, stalls, floods or refuses',
    promise:
      'The attempt fails with its code, its connection is closed, and half an answer is never taken for a whole one.',
  },
  'tool-server-dies': {
    fault: 'An MCP server dies, or forgets its session',
    promise: 'The call under way fails and is told to the model; the next one finds the server again.',
  },
  'tool-misbehaves': {
    fault: 'A tool ends the process, leaves errors to nobody, or never ends',
    promise: 'The call fails and is told to the model. The worker goes on.',
  },
  'issuer-away': {
    fault: 'The issuer of a sign-on is away',
    promise: 'Tokens of our own let in as ever; who comes with one of its is told that it is away.',
  },
  'limits-away': {
    fault: 'The Redis that limits are counted in is away',
    promise: 'Each process counts by itself meanwhile, and says so once.',
  },
  'clock-set-back': {
    fault: 'A clock is set back',
    promise: 'The order of writers does not come from clocks: no answer is voided, and none is written by two.',
  },
} as const;

export type Fault = keyof typeof FAULTS;

/** The tags of what a fault is tried on, as the page calls it. */
export const BACKENDS = {
  'on-pglite': 'PGlite',
  'on-postgres': 'PostgreSQL',
  'on-redis': 'Redis',
  'on-nats': 'NATS',
} as const;

export type BackendTag = keyof typeof BACKENDS;
