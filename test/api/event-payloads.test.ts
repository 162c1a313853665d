import { parse, type ExecutionArgs } from 'graphql';
import { describe, expect, it } from 'vitest';

import { eventPayloads, sharedPayloads } from '../../src/api/graphql/event-payloads.js';
import { executableSchema } from '../../src/api/graphql/executable-schema.js';
import type { StreamEvent } from '../../src/core/stream-event.js';

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

function given(variables: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
}

interface Payload {
  readonly data: { readonly stream: Readonly<Record<string, unknown>> };
}

function withoutTime({ data }: Payload): object {
  return { data: { stream: Object.fromEntries(Object.entries(data.stream).filter(([name]) => name !== 'timestamp')) } };
}
