/**
 * An MCP server over its input and output, without anybody's library, that does what a server should not. Its first argument
 * says how it lives: `silent` answers nothing, `stubborn` goes on without its input and after SIGTERM, `many` has 100 tools.
 */
import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers';

const [mode = ''] = process.argv.slice(2);
const object = { type: 'object' };
const tools = new Map(
  ['whoami', 'die', 'slow', 'large', 'deep', 'long', 'asks', 'change', 'gone', 'fails', 'environment', 'progress'].map(
    (name) => [name, { name, description: `Does ${name}.`, inputSchema: object }],
  ),
);
if (mode === 'many') {
  for (let index = 0; index < 100; index += 1) {
    const inputSchema = {
      ...object,
      properties: { number: { type: 'integer', minimum: index } },
      required: ['number'],
    };
    tools.set(`number_${index}`, { name: `number_${index}`, inputSchema });
  }
}
if (mode === 'stubborn') {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1000);
}

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const answers = new Map();
let asked = 0;
const ask = (method, params) =>
  new Promise((resolve) => {
    asked += 1;
    answers.set(`ours-${asked}`, resolve);
    say({ id: `ours-${asked}`, method, params });
  });
const text = (words) => ({ content: [{ type: 'text', text: words }] });

const calls = {
  whoami: () => text(String(process.pid)),
  die: () => process.kill(process.pid, 'SIGKILL'),
  slow: () => new Promise(() => undefined),
  large: () => text('x'.repeat(50_000_000)),
  deep: () => {
    const deep = '['.repeat(4_000_000) + ']'.repeat(4_000_000);
    process.stdout.write(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"deep":${deep}}}\n`);
  },
  long: () => text('x'.repeat(100_000)),
  fails: () => ({ ...text('no such order'), isError: true }),
  environment: () => text(JSON.stringify(process.env)),
  asks: async () => {
    const messages = [{ role: 'user', content: { type: 'text', text: 'Say something.' } }];
    const refusals = await Promise.all([
      ask('sampling/createMessage', { messages, maxTokens: 10 }),
      ask('elicitation/create', { message: 'Your password?', requestedSchema: { type: 'object', properties: {} } }),
      ask('roots/list', {}),
    ]);
    return text(refusals.map(({ error }) => error?.code).join());
  },
  change: () => {
    tools.delete('gone');
    tools.set('fresh', { name: 'fresh', inputSchema: object });
    for (let times = 0; times < 100; times += 1) say({ method: 'notifications/tools/list_changed' });
    return text('changed');
  },
  progress: ({ _meta }) =>
    new Promise(() => {
      setInterval(() => {
        say({ method: 'notifications/progress', params: { progressToken: _meta?.progressToken ?? 1, progress: 1 } });
      }, 20);
    }),
};

async function answer(message) {
  const { id, method, params } = message;
  switch (method) {
    case 'initialize': {
      const capabilities = { tools: { listChanged: true } };
      const { protocolVersion } = params;
      return say({ id, result: { protocolVersion, capabilities, serverInfo: { name: 'odd', version: '1' } } });
    }
    case 'ping':
      return say({ id, result: {} });
    case 'tools/list':
      return say({ id, result: { tools: [...tools.values()] } });
    case 'tools/call': {
      const call = tools.has(params.name) ? calls[params.name] : undefined;
      if (call !== undefined) return say({ id, result: await call(params) });
      return say({ id, error: { code: -32602, message: `Unknown tool: ${params.name}` } });
    }
    default:
      if (method === undefined) return answers.get(id)?.(message);
  }
}

process.stdout.write('Listening!\n{"level":30,"msg":"up"}\n[1,2\n\u0000\n');
process.stderr.write('odd server is up\n');
if (mode === 'silent') setInterval(() => undefined, 1000);
else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    void answer(JSON.parse(line));
  });
}
