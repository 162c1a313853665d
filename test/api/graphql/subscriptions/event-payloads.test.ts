import { parse, type DocumentNode, type ExecutionArgs } from 'graphql';
import { describe, expect, it } from 'vitest';

import { eventPayloads, sharedPayloads } from '../../../../src/api/graphql/subscriptions/event-payloads.js';
import { executableSchema } from '../../../../src/api/graphql/executable-schema.js';
import type { StreamEvent } from '../../../../src/core/streams/stream-event.js';

const PLACE = { executionId: 'e', turn: 1, attempt: 2, timestamp: '2026-11-24T00:00:00.000Z' };
const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const EVENTS: readonly StreamEvent[] = [
  { ...PLACE, sequence: 0, eventType: 'attempt_started', status: 'first' },
  { ...PLACE, sequence: 1, eventType: 'thinking', status: 'reasoning' },
  { ...PLACE, sequence: 2, eventType: 'content_chunk', content: 'a "quoted"\u2028🙂' },
  { ...PLACE, sequence: 3, eventType: 'tool_call', toolName: 't', toolCallId: 'c', arguments: { a: [null, 1] } },
  { ...PLACE, sequence: 4, eventType: 'tool_result', toolName: 't', toolCallId: 'c', result: { deep: { er: true } } },
  { ...PLACE, sequence: 5, eventType: 'completed', final_response: 'a', usage: USAGE, length: 1, sha256: 'ff' },
  { ...PLACE, sequence: 6, eventType: 'failed', error: 'no', errorCode: 'server', status: 'timeout' },
];
const QUERY = `
  subscription Watch($id: String!, $after: Int, $types: [AgentStreamEventType!], $time: Boolean = true) {
    stream: agentExecutionStream(executionId: $id, after: $after, eventTypes: $types) {
      __typename sequence ...Shown
      ... @include(if: $time) { timestamp }
    }
  }
  fragment Shown on AgentStreamEvent {
    executionId turn attempt kind: eventType content status toolName toolCallId toolArguments toolResult
    finalResponse usage { totalTokens } error errorCode length sha256
  }`;
const schema = executableSchema();
const document = parse(QUERY);
/** More than it takes until an operation is compiled. */
const MANY = 150;

const args = (variableValues: Record<string, unknown>, query = document): ExecutionArgs => ({
  schema,
  document: query,
  variableValues,
});
const format = ({ data }: { data?: Record<string, unknown> | null | undefined }) => ({ data: data ?? null });

describe('the payloads of a subscription', () => {
  it('are the same after an operation was compiled as before', () => {
    const payloads = eventPayloads(args({ id: 'e' }, parse(QUERY)), format);
    const all = () => EVENTS.map((event) => payloads(event) as string);
    const before = all();
    for (let run = 0; run < MANY; run += 1) all();
    expect(all()).toEqual(before);
    const shown = before.map((json) => (JSON.parse(json) as Payload).data.stream);
    expect(shown[2]).toMatchObject({ kind: 'content_chunk', sequence: 2, content: 'a "quoted"\u2028🙂', usage: null });
    expect(shown[3]).toMatchObject({ toolName: 't', toolArguments: { a: [null, 1] } });
    expect(shown[5]).toMatchObject({ __typename: 'AgentStreamEvent', finalResponse: 'a', usage: { totalTokens: 3 } });
  });

  it.each([
    ['what says where to begin and what to leave out', { after: 3, types: ['thinking'], time: undefined }, true],
    ['a variable that has its default', { time: true }, false],
    ['a variable that leaves a field out', { time: false }, false],
  ])('are one for %s: %o', (_, variables, areShared) => {
    const [event] = EVENTS.filter(({ eventType }) => eventType === 'content_chunk').map((one) => ({ ...one }));
    if (event === undefined) throw new Error('there is one');
    let made = 0;
    const counting = (result: Parameters<typeof format>[0]) => {
      made += 1;
      return format(result);
    };
    const one = sharedPayloads(args({ id: 'e' }), counting)(event);
    const other = sharedPayloads(args({ id: 'e', ...given(variables) }), counting)(event);
    expect(made).toBe(areShared ? 1 : 2);
    expect(JSON.parse(other as string)).toEqual(
      variables.time === false ? withoutTime(JSON.parse(one as string) as Payload) : JSON.parse(one as string),
    );
  });

  it('are one whatever is given for the variables of other operations and of fragments that are not used', () => {
    const several = parse(`
      subscription Watch($id: String!) { agentExecutionStream(executionId: $id) { sequence ...Used } }
      fragment Used on AgentStreamEvent { content }
      mutation Create($data: JSON) { createToken(input: { workflowId: "w", data: $data }) { ...Other } }
      fragment Other on Token { place @include(if: $placed) }`);
    const given = [{ data: 1 }, { data: nested(100_000), placed: false }];
    expect(timesMade(given, several, 'Watch')).toBe(1);
  });

  it('are made for each socket when their variables would take much to remember', () => {
    const names = Array.from({ length: 60 }, (_, n) => `aVariableOfSomeLength${n}`);
    const long = parse(`subscription ($id: String!, ${names.map((name) => `$${name}: Boolean!`).join(' ')}) {
      agentExecutionStream(executionId: $id) {
        sequence ${names.map((name) => `${name}: content @include(if: $${name})`).join(' ')} } }`);
    const given = Object.fromEntries(names.map((name) => [name, true]));
    expect(timesMade([given, given], long)).toBe(2);
  });

  /** How often the payload of one event is made for sockets that give these variables. */
  function timesMade(
    variables: readonly Record<string, unknown>[],
    query: DocumentNode,
    operationName?: string,
  ): number {
    const event: StreamEvent = { ...PLACE, sequence: 0, eventType: 'content_chunk', content: 'a' };
    let made = 0;
    const counting = (result: Parameters<typeof format>[0]) => {
      made += 1;
      return format(result);
    };
    for (const given of variables) {
      void sharedPayloads(
        { ...args({ id: 'e', ...given }, query), operationName: operationName ?? null },
        counting,
      )(event);
    }
    return made;
  }

  it('follow the variables of each socket also when they are compiled', () => {
    const [timed, untimed] = [true, false].map((time) => eventPayloads(args({ id: 'e', time }), format));
    const [event] = EVENTS;
    if (timed === undefined || untimed === undefined || event === undefined) throw new Error('there are some');
    for (let run = 0; run < MANY; run += 1) {
      expect(timed(event)).toContain('timestamp');
      expect(untimed(event)).not.toContain('timestamp');
    }
  });
});

/** Deeper than JSON can be written. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function given(variables: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
}

interface Payload {
  readonly data: { readonly stream: Readonly<Record<string, unknown>> };
}

function withoutTime({ data }: Payload): object {
  return { data: { stream: Object.fromEntries(Object.entries(data.stream).filter(([name]) => name !== 'timestamp')) } };
}
