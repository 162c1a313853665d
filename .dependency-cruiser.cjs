/**
 * The import table of ARCHITECTURE.md: one rule for each module, named after it, the floors of the rooms within a module,
 * and the rules that hold for all. In a module's rule, `to.path` is what it is about and `to.pathNot` what is allowed.
 */

const SRC = '^src/';
const ENTRIES = '^src/(main|worker|api-server)\\.ts$';
const COMPOSERS = [ENTRIES, '^src/(cli|compose)/'];
const STORAGE_PORTS = '^src/storage/(?!open-)[^/]+\\.ts$';
const SCHEMA_PORT = '^src/schemas/(schema-checker|agent-output-schema)\\.ts$';
const LIMIT_PORT = '^src/limits/rate-limit\\.ts$';
const STREAM_PORT = '^src/streams/stream-log\\.ts$';
const MCP_CLIENT = '^node_modules/@modelcontextprotocol/client/';
const TOOL_PORT = '^src/tools/(tool|tool-error|running-tools)\\.ts$';
/** What others may have of our HTTP client: the port, and how bytes are read. */
const WEB_PORT = '^src/http/(web-access|readable-text)\\.ts$';
const AUDIT_PORT = '^src/audit/audit-log\\.ts$';
const MAKE_DIRECTORY = '^src/make-directory\\.ts$';
const CONTENT_HASH = '^src/content-hash\\.ts$';
/** How a file of definitions is read. */
const FOLDER_TEXTS = '^src/folder/(definition-text|folder-problem)\\.ts$';
const CONFIG =
  '^src/(config|(alert|economy|provider|telemetry)-settings|secret-files|variables-file|temporal-(profile|settings))\\.ts$';
/** What a module may know of the configuration: types. */
const SETTINGS = '^src/(config|provider-settings|temporal-settings)\\.ts$';
/** What others say that they did, to be measured and traced. */
const TELEMETRY = '^src/telemetry/(metrics|traces|trace-context|execution-span)\\.ts$';
/** What it is said in. */
const TELEMETRY_API = '^node_modules/@opentelemetry/api/';
const GATEWAY = '^src/temporal/temporal-gateway\\.ts$';
/** What Temporal itself has of tokens: types of it. */
const KEPT = '^src/temporal/kept-by-temporal\\.ts$';
/** What all processes know of the keys of providers. */
const KEY_PORT = '^src/storage/provider-key-store\\.ts$';
const MESSAGES = '^src/contract/messages\\.ts$';
const ERRORS = '^src/core/(codes|errors)\\.ts$';
const TEMPORAL = '^node_modules/@temporalio/';
const TEMPORAL_IN_WORKFLOWS = '^node_modules/@temporalio/(workflow|common)/';
const DATABASE_DRIVERS = '^node_modules/(pg|@electric-sql|redis|ioredis|@redis|nats|@nats-io)/';
const SCHEMA_LIBRARIES = '^node_modules/(zod|ajv|ajv-formats|ajv-draft-04|@marcbachmann/cel-js|lru-cache)/';
const REACT_HOOK = '^src/client/react\\.ts$';
const REACT = '^node_modules/(@types/)?react(-dom)?/';
/** The adapters of streams and storage lie in a folder each. */
const BACKEND = '(memory|postgres|redis|nats)';

const modules = [
  {
    name: 'core',
    comment: 'Core decides and does nothing: no Temporal, no Node, no other module.',
    from: { path: '^src/core/' },
    to: { pathNot: ['^src/core/', SCHEMA_LIBRARIES] },
  },
  {
    name: 'core-judges-in-validation-only',
    comment:
      'Schema libraries are large, and workflows load the rest of core: what is judged at a door lies in one room.',
    from: { path: '^src/core/', pathNot: '^src/core/validation/' },
    to: { path: SCHEMA_LIBRARIES },
  },
  {
    name: 'contract',
    comment: 'What workflows, activities, API and plain clients agree on. It may change only with a replay test.',
    from: { path: '^src/contract/' },
    to: { pathNot: ['^src/(core|contract)/', TEMPORAL_IN_WORKFLOWS] },
  },
  {
    name: 'workflows',
    comment: 'Workflow code is replayed in a sandbox: core, the contract and the workflow SDK, nothing that does I/O.',
    from: { path: '^src/workflows/' },
    to: { pathNot: ['^src/(core|contract|workflows)/', TEMPORAL_IN_WORKFLOWS] },
  },
  {
    name: 'workflows-judge-nothing',
    comment: 'Every cached workflow context would pay for a schema library, however it got there.',
    from: { path: '^src/(workflows|contract)/' },
    to: {
      path: '^(src/core/validation|node_modules/(zod|ajv|ajv-formats|ajv-draft-04|@marcbachmann))/',
      reachable: true,
    },
  },
  {
    name: 'activities',
    comment:
      'Activities get ports handed to them, so that a test can hand them others: no adapter, no driver, no client. How an error becomes a Temporal failure is said once, in the contract.',
    from: { path: '^src/activities/' },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: [
        '^src/(core|contract|operations|activities)/',
        CONTENT_HASH,
        '^src/providers/(language-model|model-batches)\\.ts$',
        TOOL_PORT,
        STORAGE_PORTS,
        STREAM_PORT,
        SCHEMA_PORT,
        TELEMETRY,
        TELEMETRY_API,
        '^src/streams/writing/answer-stream\\.ts$',
        '^node_modules/@temporalio/(activity|common)/',
      ],
    },
  },
  {
    name: 'telemetry',
    comment:
      'What is measured, and how it is called: core and the API of OpenTelemetry. Its SDK belongs to the composition.',
    from: { path: '^src/telemetry/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(core|telemetry)/', TELEMETRY_API] },
  },
  {
    name: 'operations',
    comment: 'What can be asked for, at whichever door or from within a worker: storage and the gateway, no HTTP.',
    from: { path: '^src/operations/' },
    to: {
      path: [SRC, DATABASE_DRIVERS, TEMPORAL],
      pathNot: ['^src/(core|operations)/', CONTENT_HASH, MESSAGES, STORAGE_PORTS, SCHEMA_PORT, GATEWAY, TELEMETRY],
    },
  },
  {
    name: 'alerts',
    comment:
      'What is wrong with all processes together: core, the store that they share, and the port of our HTTP client.',
    from: { path: '^src/alerts/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(core|alerts)/', STORAGE_PORTS, WEB_PORT] },
  },
  {
    name: 'audit',
    comment: 'What was done by whom, chained: core, the store that keeps it, and hashes.',
    from: { path: '^src/audit/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(core|audit)/', STORAGE_PORTS] },
  },
  {
    name: 'backup',
    comment: 'What lies in a data folder, copied and put back: files, core and tar.',
    from: { path: '^src/backup/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(core|backup)/', MAKE_DIRECTORY, '^node_modules/(tar|zod)/'] },
  },
  {
    name: 'reconcile',
    comment: 'Sets right what nobody was there for.',
    from: { path: '^src/reconcile/' },
    to: {
      path: [SRC, DATABASE_DRIVERS, TEMPORAL],
      pathNot: ['^src/(core|operations|reconcile)/', STORAGE_PORTS, STREAM_PORT, GATEWAY, KEPT],
    },
  },
  {
    name: 'api',
    comment:
      'The API talks to ports and to Temporal; which backend is behind a port is decided where the process is composed.',
    from: { path: '^src/api/' },
    to: {
      path: [SRC, DATABASE_DRIVERS, TEMPORAL],
      pathNot: [
        '^src/(core|operations|api)/',
        MESSAGES,
        AUDIT_PORT,
        '^src/providers/directory/provider-status\\.ts$',
        '^src/streams/reading/',
        STORAGE_PORTS,
        LIMIT_PORT,
        GATEWAY,
        TELEMETRY,
      ],
    },
  },
  {
    name: 'providers',
    comment: 'A provider turns a request into model events: core and its own driver.',
    from: { path: '^src/providers/' },
    to: {
      path: [SRC, TEMPORAL, DATABASE_DRIVERS],
      pathNot: [
        '^src/(core|providers)/',
        '^src/http/(unpacked-body|judged-connect|forbidden-address)\\.ts$',
        WEB_PORT,
        SCHEMA_PORT,
        KEY_PORT,
      ],
    },
  },
  {
    name: 'schemas',
    comment: 'Runs what core judges by schemas in threads of their own: it may take for ever.',
    from: { path: '^src/schemas/' },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: ['^src/(core|schemas)/', '^node_modules/lru-cache/'],
    },
  },
  {
    name: 'schema-ports-know-no-thread',
    comment: 'Whoever asks for a judgement must not load the judges.',
    from: { path: SCHEMA_PORT },
    to: { path: '.', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'definitions',
    comment: 'What files of definitions in TypeScript import: core, and no library, so that it loads at once.',
    from: { path: '^src/definitions/' },
    to: { pathNot: ['^src/(core|definitions)/'] },
  },
  {
    name: 'definitions-judge-nothing',
    comment: 'A definition is judged where it is read.',
    from: { path: '^src/definitions/' },
    to: { path: ['^src/core/validation/', '^node_modules/'], reachable: true },
  },
  {
    name: 'folder',
    comment:
      'Definitions in files: core, which judges them, and the parser that knows where in a file something stands.',
    from: { path: '^src/folder/' },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: [
        '^src/(core|folder)/',
        SCHEMA_PORT,
        '^src/temporal/child-process\\.ts$',
        '^src/user-modules/',
        '^node_modules/yaml/',
      ],
    },
  },
  {
    name: 'testing',
    comment: 'What tests of workflows stand on: core as production runs it, and vitest where that runs.',
    from: { path: '^src/testing/' },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: ['^src/(core|testing)/', FOLDER_TEXTS, '^node_modules/(vitest|@vitest)/'],
    },
  },
  {
    name: 'tools',
    comment: 'What agents can do besides talking: core, and what a tool is defined with.',
    from: { path: '^src/tools/' },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: ['^src/(core|tools|user-modules)/', WEB_PORT, '^node_modules/zod/', MCP_CLIENT],
    },
  },
  {
    name: 'user-modules',
    comment: 'How modules that users wrote are loaded, whatever they are for: core, and the compiler by its name.',
    from: { path: '^src/user-modules/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(core|user-modules)/'] },
  },
  {
    name: 'http',
    comment: 'Our HTTP client: hosts and addresses that may be reached, and what comes back.',
    from: { path: '^src/http/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(core|http)/', '^node_modules/undici/'] },
  },
  {
    name: 'mcp-is-for-those-who-name-servers',
    comment: 'Its client is large: it is loaded where there are servers, through one room.',
    from: { path: SRC, pathNot: '^src/tools/mcp/' },
    to: { path: MCP_CLIENT },
  },
  {
    name: 'backends',
    comment: 'The servers that storage and streams share: connections, migrations, locks.',
    from: { path: '^src/backends/' },
    to: { path: [SRC, TEMPORAL], pathNot: ['^src/(core|backends)/', MAKE_DIRECTORY] },
  },
  {
    name: 'limits',
    comment: 'How often each of many may do something: counted here, or on a server.',
    from: { path: '^src/limits/' },
    to: { dependencyTypesNot: ['core'], pathNot: ['^src/(backends|limits)/', '^node_modules/rate-limiter-flexible/'] },
  },
  {
    name: 'storage',
    comment: 'Storage keeps what core describes: core, and the server that it is kept on.',
    from: { path: '^src/storage/' },
    to: { path: [SRC, TEMPORAL], pathNot: '^src/(core|backends|storage)/' },
  },
  {
    name: 'streams',
    comment: 'A stream log keeps events: core, and the server that they are kept on.',
    from: { path: '^src/streams/' },
    to: { path: [SRC, TEMPORAL], pathNot: '^src/(core|backends|streams)/' },
  },
  {
    name: 'temporal',
    comment:
      'Finds, starts and connects to Temporal, makes sure that it knows our search attributes, and asks it for what the API wants.',
    from: { path: '^src/temporal/' },
    to: {
      path: [SRC, DATABASE_DRIVERS],
      pathNot: ['^src/(core|contract|temporal)/', SETTINGS, CONTENT_HASH, MAKE_DIRECTORY, TELEMETRY],
    },
  },
  {
    name: 'temporal-knows-config-as-types',
    comment: 'The composition reads the configuration, once, and passes it on.',
    from: { path: '^src/temporal/' },
    to: { path: SETTINGS, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'nobody-imports-an-entry',
    comment: 'An entry starts a process when it is loaded.',
    from: {},
    to: { path: [ENTRIES, '^src/cli/main\\.ts$'] },
  },
  {
    name: 'client',
    comment: 'The client runs in browsers: of ours it has the words of the stream and of errors, and no Node.',
    from: { path: '^src/client/' },
    to: { pathNot: ['^src/client/', '^src/core/streams/', ERRORS, '^node_modules/eventsource-parser/', REACT] },
  },
  {
    name: 'client-knows-errors-as-types',
    comment: 'What a page loads has no table of codes: it is told the code.',
    from: { path: '^src/client/' },
    to: { path: ERRORS, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'react-is-for-those-who-ask',
    comment: 'React is an optional peer: whoever imports the client without the hook need not have it.',
    from: { path: SRC, pathNot: REACT_HOOK },
    to: { path: [REACT_HOOK, REACT] },
  },
  {
    name: 'config',
    comment: 'The environment becomes values here, before anything else of the program exists.',
    from: { path: CONFIG },
    to: {
      dependencyTypesNot: ['core'],
      pathNot: ['^src/core/', CONFIG, '^node_modules/(zod|smol-toml|@temporalio/envconfig)/'],
    },
  },
  {
    name: 'make-directory',
    comment: 'Folders are made in one way, which comes to an end.',
    from: { path: MAKE_DIRECTORY },
    to: { dependencyTypesNot: ['core'] },
  },
  {
    name: 'content-hash',
    comment: 'What is the same is found out in one way, wherever that is asked.',
    from: { path: CONTENT_HASH },
    to: { dependencyTypesNot: ['core'], pathNot: '^src/core/' },
  },
  {
    name: 'a-module-without-a-row',
    comment: 'A new folder or file at the top of src needs its row in the table, here and in ARCHITECTURE.md.',
    from: {
      path: SRC,
      pathNot: [
        '^src/(core|contract|workflows|activities|operations|telemetry|alerts|audit|backup|reconcile|api|providers|schemas|definitions|folder|testing|tools|user-modules|http|backends|limits|storage|streams|temporal|client)/',
        CONFIG,
        MAKE_DIRECTORY,
        CONTENT_HASH,
        ...COMPOSERS,
      ],
    },
    to: {},
  },
];

/**
 * The rooms within a module, from the ground up, each with those that it stands on. What lies in the module's own folder is
 * either `open` to all of its rooms (its words and ports), or puts them together and is open to none.
 */
const houses = {
  core: {
    open: ['codes', 'errors', 'ids', 'parsed-url', 'secrets', 'steps', 'web-hosts'],
    rooms: {
      json: [],
      rules: ['json'],
      agents: ['json'],
      streams: ['json'],
      definitions: ['json', 'rules', 'agents'],
      executions: ['json', 'rules', 'agents', 'streams', 'definitions'],
      tokens: ['json', 'rules', 'definitions', 'executions'],
      engine: ['json', 'rules', 'definitions', 'executions', 'tokens'],
      validation: ['json', 'rules', 'agents', 'definitions', 'executions', 'tokens'],
      access: ['json'],
      audit: ['json', 'executions', 'tokens', 'access'],
      alerts: ['definitions'],
    },
  },
  api: {
    open: ['api-parts', 'error-response'],
    rooms: {
      connections: [],
      access: ['connections'],
      'token-events': ['access'],
      alerts: ['access', 'token-events'],
      'front-page': ['access'],
      ide: [],
      'agent-stream': ['access', 'connections'],
      'payload-codec': ['connections'],
      graphql: ['access', 'connections', 'token-events', 'alerts', 'agent-stream'],
    },
  },
  'api/graphql': {
    open: ['context', 'pages', 'entity-loader', 'read-in-parts'],
    rooms: {
      schema: [],
      documents: [],
      answers: [],
      resolvers: [],
      subscriptions: ['documents', 'answers', 'resolvers'],
    },
  },
  providers: {
    open: ['language-model', 'model-batches', 'wire-format', 'wire-formats', 'provider-dependencies'],
    rooms: {
      failures: [],
      connection: ['failures'],
      keys: ['failures'],
      request: ['failures'],
      answer: ['failures', 'connection', 'keys', 'request'],
      mock: ['answer'],
      batch: ['failures', 'connection', 'keys', 'request'],
      formats: ['failures', 'connection', 'request'],
      directory: ['failures', 'connection', 'keys'],
      pricing: [],
    },
  },
  streams: {
    open: ['stream-log'],
    rooms: {
      entries: [],
      memory: ['entries'],
      postgres: ['entries'],
      redis: ['entries'],
      nats: ['entries'],
      writing: [],
      reading: ['writing'],
    },
  },
  storage: {
    open: ['(?!open-)[^/]+'],
    rooms: { memory: [], postgres: [], records: [], redis: ['records'], nats: ['records'], elsewhere: [] },
  },
  backends: {
    open: ['server-watch'],
    rooms: { postgres: [], redis: [], nats: [] },
  },
};

/** A room may use itself, what it stands on, and what its module has open; a folder that is no room may use nothing. */
function floorsOf([house, { open, rooms }]) {
  const names = Object.keys(rooms);
  const inside = `^src/${house}/`;
  const openFiles = `${inside}(${open.join('|')})\\.ts$`;
  return [
    ...Object.entries(rooms).map(([room, below]) => {
      const notYet = below.find((other) => names.indexOf(other) >= names.indexOf(room));
      if (notYet !== undefined) throw new Error(`${house}/${room} stands on ${notYet}, which is not below it`);
      return {
        name: `${house}-${room}`,
        comment: `In ${house}, ${room} stands on: ${below.join(', ') || 'nothing'}.`,
        from: { path: `${inside}${room}/` },
        to: { path: inside, pathNot: [`${inside}(${[room, ...below].join('|')})/`, openFiles] },
      };
    }),
    {
      name: `${house}-a-room-without-a-row`,
      comment: 'A new folder needs its place in the list of rooms.',
      from: { path: `${inside}[^/]+/`, pathNot: `${inside}(${names.join('|')})/` },
      to: {},
    },
  ];
}

const adapters = [
  {
    name: 'adapters-stand-alone',
    comment: 'Two adapters that know each other cannot be chosen one by one.',
    from: { path: `^src/(streams|storage|backends)/${BACKEND}/` },
    to: { path: `^src/(streams|storage|backends)/${BACKEND}/`, pathNot: '^src/[^/]+/$2/' },
  },
  {
    name: 'formats-stand-alone',
    comment: 'Two wire formats that know each other cannot change one by one.',
    from: { path: '^src/providers/formats/([^/]+)/' },
    to: { path: '^src/providers/formats/[^/]+/', pathNot: '^src/providers/formats/$1/' },
  },
  {
    name: 'ports-know-no-adapter',
    comment: 'Whoever imports a port would load every backend; only the open-*.ts files choose among them.',
    from: { path: '^src/(streams|storage)/(?!open-)[^/]+\\.ts$' },
    to: { path: `^src/((streams|storage)/${BACKEND}|backends)/` },
  },
];

const everywhere = [
  {
    name: 'no-cycles',
    comment: 'Modules that need each other are one module. Types count too.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'Nothing imports it and it imports nothing: use it or remove it.',
    from: { orphan: true, path: SRC },
    to: {},
  },
  {
    name: 'src-stands-alone',
    comment: 'The program runs without its tests, benchmarks, examples and scripts.',
    from: { path: SRC },
    to: { path: '^(test|bench|examples|scripts)/' },
  },
  {
    name: 'no-dev-dependencies',
    comment:
      'What src imports must be installed where the program runs. Type packages are gone by then; a peer is here for the tests.',
    from: { path: SRC },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'], pathNot: '^node_modules/@types/' },
  },
  {
    name: 'no-undeclared-dependencies',
    comment: 'A package that another one happens to bring may be gone after the next install.',
    from: { path: SRC },
    // A peer is `npm-no-pkg` to the cruiser, too.
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'The rules above go by the path of a file: an import that leads nowhere would slip through.',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: [...modules, ...Object.entries(houses).flatMap(floorsOf), ...adapters, ...everywhere].map((rule) => ({
    severity: 'error',
    ...rule,
  })),
  options: {
    doNotFollow: { path: '^node_modules/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    // As Node resolves an import: packages may have an entry for `require` besides.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
