import { once } from 'node:events';

import type { BaseEvent, Message } from '@ag-ui/client';
import { EventSchemas } from '@ag-ui/core/schemas';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import type { ToolApproval } from '../../../src/core/executions/tool-approval.js';
import { AgUiPage } from '../../support/ag-ui-page.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { NOW } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { chunks, WrittenStream } from '../../support/written-stream.js';

let api: ApiUnderTest;
let address = '';

beforeAll(async () => {
  api = await apiUnderTest();
  address = await api.listen();
});
afterAll(async () => {
  await api.stop();
});

const pageOf = ({ id }: WrittenStream, messages?: Message[]) => new AgUiPage(address, id, messages);

describe("a stream in AG-UI's format", () => {
  it('is a run with one message', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('Grö', 'ße'));
    await live.complete('Größe');
    const page = pageOf(live);
    expect(await page.run()).toBe('Größe');
    expect(page.shown).toEqual([['assistant', 'Größe']]);
    expect(page.types).toEqual([
      'RUN_STARTED',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'RUN_FINISHED',
    ]);
    expect(page.events.at(-1)).toMatchObject({
      threadId: 'the page',
      outcome: { type: 'success' },
      metadata: { sequence: 3 },
    });
  });

  it('ends with the right text when an attempt is lost in the middle, and keeps what stands of earlier turns', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('I look.'));
    await live.tell([
      { eventType: 'tool_call', toolName: 'look', toolCallId: 'c1', arguments: { n: 1 } },
      { eventType: 'tool_result', toolName: 'look', toolCallId: 'c1', result: { found: 7 } },
    ]);
    const page = pageOf(live);
    const running = page.run();
    await (await live.begin(2)).append(chunks('It is wro'));
    await eventually(() => {
      expect(page.shown.at(-1)).toEqual(['assistant', 'It is wro']);
    });
    await (await live.begin(2)).append(chunks('It is seven.'));
    await live.complete('It is seven.', { turn: 2, attempt: 2 });
    expect(await running).toBe('It is seven.');
    expect(page.shown).toEqual([
      ['assistant', 'I look.'],
      ['tool', '{"found":7}'],
      ['assistant', 'It is seven.'],
    ]);
    expect(page.agent.messages[0]).toMatchObject({
      toolCalls: [{ id: 'c1', function: { name: 'look', arguments: '{"n":1}' } }],
    });
    expect(page.types.filter((type) => type === 'MESSAGES_SNAPSHOT')).toHaveLength(1);
  });

  it('goes on in the same message behind the cursor, also when the attempt is lost after that', async () => {
    const live = new WrittenStream(api.streams);
    const writer = await live.begin();
    await writer.append(chunks('one '));
    const page = pageOf(live);
    const lost = page.run().catch(() => undefined);
    await eventually(() => {
      expect(page.shown).toEqual([['assistant', 'one ']]);
    });
    page.agent.abortRun();
    await lost;
    await writer.append(chunks('two '));
    const again = page.run();
    await eventually(() => {
      expect(page.shown).toEqual([['assistant', 'one two ']]);
    });
    await (await live.begin()).append(chunks('three'));
    await live.complete('three', { attempt: 2 });
    await again;
    expect(page.shown).toEqual([['assistant', 'three']]);
  });

  it('tells of a call once, however often its worker does, also before and behind a cursor', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('I look.'));
    const call = { eventType: 'tool_call', toolName: 'look', toolCallId: 'c1', arguments: { n: 1 } } as const;
    await live.tell([call, call]);
    const page = pageOf(live);
    const lost = page.run().catch(() => undefined);
    await eventually(() => {
      expect(page.types).toContain('TOOL_CALL_END');
    });
    page.agent.abortRun();
    await lost;
    await live.tell([call, { ...call, toolCallId: 'c2' }]);
    await live.complete('I look.');
    await page.run();
    const [message] = page.agent.messages;
    expect(message).toMatchObject({
      content: 'I look.',
      toolCalls: [
        { id: 'c1', function: { arguments: '{"n":1}' } },
        { id: 'c2', function: { arguments: '{"n":1}' } },
      ],
    });
  });

  it('shows what a model thinks aloud, and says what it waits for', async () => {
    const live = new WrittenStream(api.streams);
    const think = (content: string) => ({ eventType: 'thinking', status: 'reasoning', content }) as const;
    await (
      await live.begin()
    ).append([{ eventType: 'thinking', status: 'calling_model' }, think('Hm, '), think('so.'), ...chunks('Yes')]);
    await live.complete('Yes');
    const page = pageOf(live);
    await page.run();
    expect(page.shown).toEqual([
      ['reasoning', 'Hm, so.'],
      ['assistant', 'Yes'],
    ]);
    expect(page.events[1]).toMatchObject({ type: 'CUSTOM', name: 'thinking', value: { status: 'calling_model' } });
  });

  it('fails with the code of the execution', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('I '));
    await live.fail('failed');
    const page = pageOf(live);
    await page.run();
    expect(page.events.at(-1)).toMatchObject({ type: 'RUN_ERROR', message: 'no more', code: 'turn_limit' });
  });

  it('is cancelled, which is neither an end nor a failure', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('I '));
    await live.fail('cancelled');
    const page = pageOf(live);
    await page.run();
    expect(page.events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'cancelled' } });
  });

  it('gives the answer at the end where its chunks were not wanted', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('abc'));
    await live.complete('abc');
    const response = await fetch(`${address}/agent-stream/${live.id}?format=ag-ui&types=thinking`);
    expect(await response.text()).toContain('"delta":"abc"');
  });
});

describe("what AG-UI's client says of a run", () => {
  const question: Message = { id: 'u1', role: 'user', content: 'What is it?' };

  it('is kept: the ids of the run, and messages of the page when a snapshot comes', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('wro'));
    const page = pageOf(live, [question]);
    const running = page.run({ runId: 'r1' });
    await eventually(() => {
      expect(page.shown.at(-1)).toEqual(['assistant', 'wro']);
    });
    await (await live.begin()).append(chunks('right'));
    await live.complete('right', { attempt: 2 });
    await running;
    expect(page.shown).toEqual([
      ['user', 'What is it?'],
      ['assistant', 'right'],
    ]);
    expect(page.events[0]).toMatchObject({ type: 'RUN_STARTED', threadId: 'the page', runId: 'r1' });
  });

  it('need not be said: a GET is a run of the execution', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('a'));
    await live.complete('a');
    const response = await fetch(`${address}/agent-stream/${live.id}?format=ag-ui`);
    expect(await response.text()).toContain(`"threadId":"${live.id}","runId":"${live.id}@1"`);
  });

  it.each([
    ['ag-ui', {}, ['/threadId', '/runId']],
    ['ag-ui', { threadId: 't', runId: 'r', messages: [{ role: 'user' }] }, ['/messages']],
    ['ag-ui', { threadId: 't', runId: 'r', messages: {} }, ['/messages']],
    ['ag-ui', null, ['']],
    ['tagged', { threadId: 't', runId: 'r' }, ['/format']],
  ])('is refused where it is none, with all problems: %s %j', async (format, body, pointers) => {
    const live = new WrittenStream(api.streams);
    await live.begin();
    const response = await fetch(`${address}/agent-stream/${live.id}?format=${format}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; problems: { pointer: string }[] } };
    expect(error.code).toBe('VALIDATION_FAILED');
    expect(error.problems.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('is refused where it is too large to be kept', async () => {
    const live = new WrittenStream(api.streams);
    const response = await fetch(`${address}/agent-stream/${live.id}?format=ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ threadId: 't', runId: 'r', messages: [{ id: 'a', content: 'a'.repeat(300_000) }] }),
    });
    expect(response.status).toBe(413);
  });
});

describe("an approval in AG-UI's format", () => {
  const approval = (executionId: string, toolCallId: string, index: number): ToolApproval => ({
    executionId,
    turn: 1,
    index,
    toolCallId,
    toolName: 'refund',
    arguments: { amount: index },
    requestedAt: NOW,
    expiresAt: '2099-01-01T00:00:00.000Z',
  });
  const waits = (toolCallId: string) =>
    ({
      eventType: 'thinking',
      status: 'waiting_for_approval',
      content: 'refund',
      toolName: 'refund',
      toolCallId,
    }) as const;

  async function asked(): Promise<WrittenStream> {
    const live = new WrittenStream(api.streams);
    const request = { executionId: live.id, agentId: 'writer', input: {} };
    await api.storage.executions.create(pendingExecution(request, NOW));
    await (await live.begin()).append(chunks('May I?'));
    await api.storage.tools.storeApproval(approval(live.id, 'c0', 0));
    await api.storage.tools.storeApproval(approval(live.id, 'c1', 1));
    await live.tell([waits('c0'), waits('c1')]);
    return live;
  }

  async function decide(live: WrittenStream, toolCallId: string, index: number): Promise<void> {
    const decision = { decision: 'approved', arguments: { amount: 5 }, decidedAt: NOW } as const;
    await api.storage.tools.storeApproval({ ...approval(live.id, toolCallId, index), decision });
    await live.tell([
      { eventType: 'tool_call', toolName: 'refund', toolCallId, arguments: { amount: 5 } },
      { eventType: 'tool_result', toolName: 'refund', toolCallId, result: 'done', approval: decision },
    ]);
  }

  it('ends the run with all open questions; the next one goes on behind them', async () => {
    const live = await asked();
    const page = pageOf(live);
    await page.run();
    expect(page.events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'interrupt' } });
    expect(page.agent.pendingInterrupts).toMatchObject([
      { id: 'c0', toolCallId: 'c0', reason: 'tool_approval', metadata: { arguments: { amount: 0 } } },
      { id: 'c1', toolCallId: 'c1' },
    ]);
    expect(page.agent.messages).toMatchObject([{ content: 'May I?', toolCalls: [{ id: 'c0' }] }]);
    await decide(live, 'c0', 0);
    await decide(live, 'c1', 1);
    await (await live.begin(2)).append(chunks('Done.'));
    await live.complete('Done.', { turn: 2 });
    await page.run({
      resume: page.agent.pendingInterrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload: {} })),
    });
    expect(page.shown).toEqual([
      ['assistant', 'May I?'],
      ['tool', 'done'],
      ['tool', 'done'],
      ['assistant', 'Done.'],
    ]);
    expect(page.agent.messages[0]).toMatchObject({
      toolCalls: [{ function: { arguments: '{"amount":0}' } }, { function: { arguments: '{"amount":1}' } }],
    });
    expect(page.agent.messages[1]).toMatchObject({ metadata: { approval: { arguments: { amount: 5 } } } });
  });

  it('is no question any more to those who come when it is answered', async () => {
    const live = await asked();
    await decide(live, 'c0', 0);
    await decide(live, 'c1', 1);
    await (await live.begin(2)).append(chunks('Done.'));
    await live.complete('Done.', { turn: 2 });
    const page = pageOf(live);
    await page.run();
    expect(page.types.filter((type) => type === 'RUN_FINISHED')).toHaveLength(1);
    expect(page.agent.pendingInterrupts).toEqual([]);
    expect(page.shown.at(-1)).toEqual(['assistant', 'Done.']);
  });

  it('closes a WebSocket with 1000, whose viewer comes again with the cursor', async () => {
    const live = await asked();
    const visit = async (after: string) => {
      const path = `${live.id}?format=ag-ui${after}`;
      const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${path}`);
      const events: (BaseEvent & { metadata?: { sequence: number } })[] = [];
      socket.on('message', (data: Buffer) => {
        events.push(EventSchemas.parse(JSON.parse(data.toString('utf8'))) as (typeof events)[number]);
      });
      const [code] = (await once(socket, 'close')) as [number];
      return { code, events };
    };
    const first = await visit('');
    expect(first.code).toBe(1000);
    expect(first.events.at(-1)).toMatchObject({
      type: 'RUN_FINISHED',
      outcome: { interrupts: [{ id: 'c0' }, { id: 'c1' }] },
    });
    await decide(live, 'c0', 0);
    await decide(live, 'c1', 1);
    await live.complete('May I?');
    const second = await visit(`&after=${first.events.at(-1)?.metadata?.sequence ?? 0}`);
    expect(second.code).toBe(1000);
    expect(second.events.map(({ type }) => type)).toEqual([
      'RUN_STARTED',
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'TOOL_CALL_RESULT',
      'TOOL_CALL_RESULT',
      'RUN_FINISHED',
    ]);
  });
});

describe('a format that there is not', () => {
  it('is refused with a code at both doors', async () => {
    const live = new WrittenStream(api.streams);
    await live.begin();
    const response = await fetch(`${address}/agent-stream/${live.id}?format=agui`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'VALIDATION_FAILED', problems: [{ code: 'INVALID_VALUE', pointer: '/format' }] },
    });
    const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${live.id}?format=agui`);
    const refused = vi.fn();
    socket.on('error', refused);
    const [, { statusCode }] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(statusCode).toBe(400);
    socket.terminate();
  });
});
