import fc from 'fast-check';

import type { JsonValue } from '../../src/core/json/json.js';
import { FIELD_USES } from './field-uses.js';
import { mutated } from './mutated-json.js';

/** What is sent to a port of HTTP: a request, and for a WebSocket the bytes that follow its answer. */
export interface FuzzedInput {
  readonly request: Buffer;
  /** Absent: the request is no upgrade. */
  readonly frames?: Buffer;
}

/** What is right at the server under test, so that the wrong thing is often almost right. */
export interface RightThings {
  readonly accessToken: string;
  readonly ticket: string;
  readonly executionId: string;
}

/** Characters and words on which readers of text have stumbled. */
const STUMBLING = [
  ...[
    '\0',
    '\r\n',
    '\n',
    ' ',
    '',
    '"',
    '"""',
    '\\',
    '\\ud800',
    '\u{1F600}',
    '\ufeff',
    '\u202e',
    '%',
    '%00',
    '%ff',
    '%2e%2e/',
    '../',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '[[[[[[',
    '(',
    ')',
    '$',
    '@',
    '@skip(if: true)',
    '@include(if: $missing)',
    '...on Token',
    '...f',
    'fragment f on Query {...f}',
  ],
  ...[
    '__schema',
    '__typename',
    'constructor',
    '__proto__',
    'null',
    'NaN',
    '-0',
    '1e400',
    '99999999999999999999',
    '0x1F',
    'true',
    'subscription',
    'mutation',
  ],
  ...[
    'Bearer',
    'Basic',
    'chunked',
    'gzip',
    'br',
    'identity',
    ':',
    ',',
    ';q=0.5',
    '*/*',
    'multipart/mixed',
    '0',
    '-1',
    'text/event-stream',
  ],
] as const;

interface TextChange {
  readonly at: number;
  readonly how: 'leave out' | 'double' | 'put' | 'put before' | 'cut' | 'swap';
  readonly text: string;
}

const textChange: fc.Arbitrary<TextChange> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('leave out', 'double', 'put', 'put before', 'cut', 'swap'),
  text: fc.oneof(fc.constantFrom(...STUMBLING), fc.string({ unit: 'binary', maxLength: 4 })),
});

/** A text of which some words were left out, doubled, replaced, moved, or behind which it ends. */
function changedText(right: fc.Arbitrary<string>, most = 4): fc.Arbitrary<string> {
  return fc
    .tuple(right, fc.array(textChange, { maxLength: most }))
    .map(([text, changes]) => changes.reduce(withTextChange, text));
}

function withTextChange(text: string, { at, how, text: other }: TextChange): string {
  const words = text.split(/\b/u);
  const index = at % Math.max(1, words.length);
  const word = words[index] ?? '';
  switch (how) {
    case 'leave out':
      return words.toSpliced(index, 1).join('');
    case 'double':
      return words.toSpliced(index, 1, word, word).join('');
    case 'put':
      return words.toSpliced(index, 1, other).join('');
    case 'put before':
      return words.toSpliced(index, 0, other).join('');
    case 'cut':
      return words.slice(0, index).join('');
    case 'swap':
      return words.toSpliced(index, 1, words[(at * 7 + 3) % words.length] ?? '').join('');
  }
}

/** Some bytes of it replaced, and perhaps its end gone. */
function changedBytes(right: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
  const cut = fc.option(fc.nat(), { freq: 8 });
  return fc.tuple(right, fc.array(change, { maxLength: 3 }), cut).map(([bytes, changes, end]) => {
    const made = Buffer.from(bytes);
    if (made.length === 0) return made;
    for (const { at, byte } of changes) made[at % made.length] = byte;
    return end === null ? made : made.subarray(0, end % made.length);
  });
}

const DOCUMENTS = changedText(fc.constantFrom(...Object.values(FIELD_USES)));

const WITH_VARIABLES: Readonly<Record<string, JsonValue>> = {
  'mutation ($input: AgentInput!) { createAgent(input: $input) { id version outputSchema } }': {
    input: {
      name: 'N',
      llmProvider: { type: 'mock', model: 'm', options: { responses: ['a'] } },
      llmConfig: { temperature: 0.5, stopSequences: ['x'] },
      prompts: { system: 's', userTemplate: 'About {input_data}' },
      outputSchema: { type: 'object', properties: { a: { type: 'string' } } },
    },
  },
  'mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id version } }': {
    input: {
      id: 'v',
      name: 'V',
      places: ['a', 'b'],
      initialPlace: 'a',
      transitions: [
        {
          ...{ id: 'go', fromPlaces: ['a'], toPlace: 'b', conditions: ['urgent'] },
          rules: [{ type: 'FieldEquals', field: 'data.kind', value: 1 }],
        },
      ],
      rules: { urgent: { type: 'Expression', expression: 'data.score > 7.0' } },
    },
  },
  'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id data history { transition } } }': {
    input: { workflowId: 'w', data: { text: 'clean', more: [1, 2] }, metadata: { kind: 'k' } },
  },
  'mutation ($id: String!, $data: JSON) { updateToken(id: $id, data: $data) { id version } }': {
    ...{ id: 't', data: { text: 'new' } },
  },
  'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }': {
    input: { tokenId: 't', transitionId: 'stay', idempotencyKey: 'k', data: { x: 1 } },
  },
  'query ($first: Int!, $after: String, $place: String) { tokens(first: $first, after: $after, place: $place) { nodes { id } } }':
    {
      ...{ first: 5, after: 'WyIyMDI2Il0', place: 'p' },
    },
};

const graphqlBody: fc.Arbitrary<string> = fc.oneof(
  DOCUMENTS.map((query) => JSON.stringify({ query })),
  fc
    .constantFrom(...Object.entries(WITH_VARIABLES))
    .chain(([query, variables]) => mutated(fc.constant(variables)).map((made) => ({ query, variables: made })))
    .map((body) => JSON.stringify(body)),
  mutated(fc.constant({ query: '{ tokens { nodes { id } } }', operationName: 'x', variables: {}, extensions: {} })).map(
    (body) => JSON.stringify(body),
  ),
  changedText(fc.constant('{"query":"{ agents { id } }","variables":{"a":[1,2,{"b":null}]}}')),
);

/** Lines of a head, with the token in one of them; often one is changed. */
function headLines(lines: readonly string[]): fc.Arbitrary<readonly string[]> {
  const extra = fc.constantFrom(
    ...[
      'Last-Event-ID: 3',
      'Content-Encoding: gzip',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'Origin: null',
    ],
    ...[
      'Range: bytes=0-1',
      'Accept: text/html',
      'Accept: */*;q=',
      'Cookie: a=b',
      'X-Forwarded-For: 1.2.3.4',
      'TE: trailers',
    ],
    ...[
      'Content-Length: 0',
      'Upgrade: h2c',
      'Host: other',
      'Content-Type: text/plain;charset=utf-7',
      'X-Request-Id: a\tb',
    ],
  );
  return fc
    .tuple(fc.array(extra, { maxLength: 2 }), fc.option(fc.nat({ max: lines.length - 1 }), { freq: 2 }))
    .chain(([extras, changed]) => {
      const kept = lines.filter((_, index) => index !== changed);
      const line = changed === null ? fc.constant('') : changedText(fc.constant(lines[changed] ?? ''), 2);
      return line.map((text) => [...kept, ...extras, ...(text === '' ? [] : [text])]);
    });
}

/** A whole request: its length is right, unless a line of its head was changed. */
function request(
  target: fc.Arbitrary<string>,
  lines: readonly string[],
  body: fc.Arbitrary<string> = fc.constant(''),
): fc.Arbitrary<Buffer> {
  return body.chain((text) => {
    const length = text === '' ? [] : [`Content-Length: ${Buffer.byteLength(text)}`];
    return fc
      .tuple(target, headLines([...lines, ...length]))
      .map(([line, head]) => Buffer.from([line, ...head, '', text].join('\r\n')));
  });
}

/** A masked frame, of one kind and with one length, however much there is of it. */
function frame(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.from([7, 77, 177, 211]);
  const length =
    payload.length < 126 ? [payload.length | 0x80] : [126 | 0x80, payload.length >> 8, payload.length & 255];
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), mask, masked]);
}

function messages({ accessToken, ticket, executionId }: RightThings): fc.Arbitrary<Buffer> {
  const init = fc.oneof(
    fc.constant({ type: 'connection_init', payload: { Authorization: `Bearer ${accessToken}` } }),
    mutated(fc.constant({ type: 'connection_init', payload: { Authorization: `Bearer ${accessToken}` } })),
    changedText(fc.constant(ticket)).map((text) => ({ type: 'connection_init', payload: { ticket: text } })),
  );
  const stream = { query: `subscription { agentExecutionStream(executionId: "${executionId}") { sequence } }` };
  const subscribe = fc.oneof(
    mutated(fc.constant({ type: 'subscribe', id: '1', payload: stream })),
    DOCUMENTS.map((query) => ({ type: 'subscribe', id: '2', payload: { query } })),
    mutated(fc.constant({ type: 'complete', id: '1' })),
    fc.constant({ type: 'ping' }),
  );
  const text = fc.oneof(
    { weight: 3, arbitrary: subscribe.map((message) => JSON.stringify(message)) },
    changedText(fc.constant('{"type":"subscribe","id":"3","payload":{"query":"{ agents { id } }"}}')),
  );
  const one = fc
    .tuple(fc.constantFrom(1, 1, 1, 1, 2, 9, 10, 0, 3, 11), text)
    .map(([opcode, said]) => frame(opcode, Buffer.from(said)));
  const whole = fc
    .tuple(init, fc.array(one, { maxLength: 4 }))
    .map(([first, rest]) => Buffer.concat([frame(1, Buffer.from(JSON.stringify(first))), ...rest]));
  return fc.oneof(whole, changedBytes(whole));
}

/** Bodies, documents, frames, headers, paths, tickets and tokens, each of them almost right. */
export function fuzzedInput(right: RightThings): fc.Arbitrary<FuzzedInput> {
  const { accessToken, ticket, executionId } = right;
  const host = 'Host: localhost';
  const close = 'Connection: close';
  const bearer = `Authorization: Bearer ${accessToken}`;
  const json = 'Content-Type: application/json';
  const posts = request(fc.constant('POST /graphql HTTP/1.1'), [host, close, bearer, json], graphqlBody);
  const asked = '/graphql?query=%7B__typename%7D&variables=%7B%7D';
  const paths = fc.oneof(
    changedText(
      fc.constantFrom(`/agent-stream/${executionId}`, '/guides/errors', '/graphiql/', '/health/ready', '/', asked),
    ),
    changedText(fc.constant(ticket), 2).map((text) => `/agent-stream/${executionId}?ticket=${text}`),
  );
  const methods = fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT', 'POST', 'TRACE', 'BREW');
  const target = fc.tuple(methods, paths).map(([method, path]) => `${method} ${path} HTTP/1.1`);
  const gets = request(target, [host, close, bearer, 'Accept: text/event-stream']);
  const upgradeLines = [
    ...[host, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: graphql-transport-ws'],
  ];
  const upgrade = Buffer.from(['GET /graphql HTTP/1.1', ...upgradeLines, '', ''].join('\r\n'));
  const sockets = fc.oneof(
    { weight: 4, arbitrary: messages(right).map((frames) => ({ request: upgrade, frames })) },
    request(fc.constant('GET /graphql HTTP/1.1'), upgradeLines).map((head) => ({
      request: head,
      frames: Buffer.alloc(0),
    })),
  );
  return fc.oneof(
    { weight: 3, arbitrary: posts.map((bytes) => ({ request: bytes })) },
    { weight: 2, arbitrary: gets.map((bytes) => ({ request: bytes })) },
    { weight: 1, arbitrary: changedBytes(fc.oneof(posts, gets)).map((bytes) => ({ request: bytes })) },
    { weight: 2, arbitrary: sockets },
  );
}
