import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ExecutionTransport } from '../../src/client/ai-sdk.js';
import { chatState, installAiSdk, type Chat, type InstalledAiSdk, type UiMessage } from '../support/ai-sdk.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { NOW } from '../support/builders.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import { chunks, WrittenStream } from '../support/written-stream.js';

let ai: InstalledAiSdk;
let api: ApiUnderTest;
let url = '';

beforeAll(async () => {
  [ai, api] = await Promise.all([installAiSdk(), apiUnderTest()]);
  url = await api.listen();
});
afterAll(async () => {
  await api.stop();
  await ai.remove();
});

function chatOf(transport: ExecutionTransport, messages: readonly UiMessage[] = []): Chat {
  return new ai.AbstractChat({ id: 'chat', transport, state: chatState(messages) });
}

const chatWith = (live: WrittenStream, at = url) =>
  chatOf(new ExecutionTransport({ url: at, start: () => Promise.resolve(live.id) }));

/** As any page shows a message: the text of its parts. */
function textOf(message: UiMessage | undefined): string {
  return (message?.parts ?? []).map(({ type, text = '' }) => (type === 'text' ? text : '')).join('');
}
const shown = (chat: Chat) => textOf(chat.messages.at(-1));

async function last(messages: AsyncIterable<UiMessage>): Promise<UiMessage | undefined> {
  let newest: UiMessage | undefined;
  for await (const message of messages) newest = message;
  return newest;
}

describe('a chat of the AI SDK', () => {
  it('shows the answer as it grows, as a message with the id of its execution', async () => {
    const live = new WrittenStream(api.streams);
    const writer = await live.begin();
    const chat = chatWith(live);
    const sent = chat.sendMessage({ text: 'How large?' });
    await writer.append(chunks('Grö'));
    await eventually(() => {
      expect([chat.status, shown(chat)]).toEqual(['streaming', 'Grö']);
    });
    await writer.append(chunks('ße'));
    await live.complete('Größe');
    await sent;
    expect(chat.status).toBe('ready');
    expect(chat.messages).toMatchObject([
      { role: 'user' },
      { id: live.id, metadata: { executionId: live.id, usage: { totalTokens: 3 } } },
    ]);
    expect(shown(chat)).toBe('Größe');
  });

  it('ends with the right text when an attempt is lost in the middle, and keeps what stands of earlier turns', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('I look. '));
    await live.tell([
      { eventType: 'tool_call', toolName: 'look', toolCallId: 'c1', arguments: { n: 1 } },
      { eventType: 'tool_result', toolName: 'look', toolCallId: 'c1', result: { found: 7 } },
    ]);
    const chat = chatWith(live);
    const sent = chat.sendMessage({ text: 'What is it?' });
    await (await live.begin(2)).append(chunks('It is wro'));
    await eventually(() => {
      expect(shown(chat)).toBe('I look. It is wro');
    });
    await (await live.begin(2)).append(chunks('It is seven.'));
    await live.complete('It is seven.', { turn: 2, attempt: 2 });
    await sent;
    expect(shown(chat)).toBe('I look. It is seven.');
    expect(chat.messages.at(-1)?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'I look. ' },
      { type: 'dynamic-tool', toolName: 'look', state: 'output-available', input: { n: 1 }, output: { found: 7 } },
      { type: 'step-start' },
      { type: 'text', text: 'It is seven.' },
    ]);
  });

  it('notices nothing of a connection that is lost, which comes again with its cursor', async () => {
    const live = new WrittenStream(api.streams);
    const writer = await live.begin();
    const proxy = await CuttingProxy.start(url);
    const chat = chatWith(live, proxy.address);
    const sent = chat.sendMessage({ text: 'Count.' });
    await writer.append(chunks('one '));
    await eventually(() => {
      expect(shown(chat)).toBe('one ');
    });
    proxy.cutAll();
    await writer.append(chunks('two'));
    await live.complete('one two');
    await sent;
    expect([chat.status, shown(chat)]).toEqual(['ready', 'one two']);
    await proxy.stop();
  });

  it('goes on after the page was loaded again, in the message that was kept', async () => {
    const live = new WrittenStream(api.streams);
    const writer = await live.begin();
    await writer.append(chunks('one '));
    const kept: UiMessage[] = [
      { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Count.' }] },
      { id: live.id, role: 'assistant', parts: [{ type: 'text', text: 'on' }] },
    ];
    const start = () => Promise.reject(new Error('nothing is sent'));
    const transport = new ExecutionTransport({ url, start, resume: () => Promise.resolve(live.id) });
    const chat = chatOf(transport, kept);
    const resumed = chat.resumeStream();
    await eventually(() => {
      expect(shown(chat)).toBe('one ');
    });
    await writer.append(chunks('two'));
    await live.complete('one two');
    await resumed;
    expect(chat.messages).toHaveLength(2);
    expect(shown(chat)).toBe('one two');
    const none = new ExecutionTransport({ url, start });
    expect(await none.reconnectToStream({ chatId: 'chat' })).toBeNull();
  });

  it('asks for an approval, and goes on when somebody has answered', async () => {
    const live = new WrittenStream(api.streams);
    const call = { toolName: 'refund', toolCallId: 'c1' };
    await (await live.begin()).append(chunks('May I? '));
    await live.tell([{ eventType: 'thinking', status: 'waiting_for_approval', ...call, arguments: { amount: 9 } }]);
    const chat = chatWith(live);
    const sent = chat.sendMessage({ text: 'Pay me.' });
    const tool = () => chat.messages.at(-1)?.parts.find(({ type }) => type === 'dynamic-tool');
    await eventually(() => {
      expect(tool()).toMatchObject({ state: 'approval-requested', input: { amount: 9 }, approval: { id: 'c1' } });
    });
    const approval = { decision: 'approved', decidedAt: NOW } as const;
    await live.tell([
      { eventType: 'tool_call', ...call, arguments: { amount: 9 } },
      { eventType: 'tool_result', ...call, result: 'paid', approval },
    ]);
    await (await live.begin(2)).append(chunks('Done.'));
    await live.complete('Done.', { turn: 2 });
    await sent;
    expect(tool()).toMatchObject({ state: 'output-available', output: 'paid', approval: { approved: true } });
    expect(shown(chat)).toBe('May I? Done.');
  });

  it('shows a call that was rejected as denied', async () => {
    const live = new WrittenStream(api.streams);
    const call = { toolName: 'refund', toolCallId: 'c1' };
    await (await live.begin()).append(chunks('May I?'));
    const approval = { decision: 'rejected', reason: 'too much', decidedAt: NOW } as const;
    await live.tell([
      { eventType: 'thinking', status: 'waiting_for_approval', ...call, arguments: { amount: 9 } },
      { eventType: 'tool_result', ...call, result: 'rejected: too much', approval },
    ]);
    await live.complete('May I?');
    const chat = chatWith(live);
    await chat.sendMessage({ text: 'Pay me.' });
    expect(chat.messages.at(-1)?.parts.at(-1)).toMatchObject({
      state: 'output-denied',
      approval: { approved: false, reason: 'too much' },
    });
  });

  it('has the code of an execution that failed, and that of a server that refuses', async () => {
    const live = new WrittenStream(api.streams);
    await (await live.begin()).append(chunks('I '));
    await live.fail('failed');
    const chat = chatWith(live);
    await chat.sendMessage({ text: 'Go.' });
    expect([chat.status, chat.error?.message]).toEqual(['error', 'turn_limit: no more']);
    const stranger = chatOf(new ExecutionTransport({ url, start: () => Promise.resolve('nobody') }));
    await stranger.sendMessage({ text: 'Go.' });
    expect(stranger.error).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is no failure when the execution is cancelled, and none when the page stops', async () => {
    const live = new WrittenStream(api.streams);
    const writer = await live.begin();
    await writer.append(chunks('I '));
    const [chat, stopped] = [chatWith(live), chatWith(live)];
    const stopping = stopped.sendMessage({ text: 'Go.' });
    await eventually(() => {
      expect(shown(stopped)).toBe('I ');
    });
    await stopped.stop();
    await stopping;
    await live.fail('cancelled');
    await chat.sendMessage({ text: 'Go.' });
    expect([chat.status, shown(chat), chat.error]).toEqual(['ready', 'I ', undefined]);
    expect([stopped.status, shown(stopped)]).toEqual(['ready', 'I ']);
    await eventually(() => {
      expect(api.reader.stats().viewers).toBe(0);
    });
  });
});

describe('a stream of messages of the AI SDK', () => {
  it('ends with the right text after a lost attempt, also without a chat', async () => {
    const live = new WrittenStream(api.streams);
    const transport = new ExecutionTransport({ url, start: () => Promise.resolve(live.id) });
    const sent = { chatId: 'c', messages: [], trigger: 'submit-message', messageId: undefined } as const;
    await (await live.begin()).append(chunks('wro'));
    const stream = await transport.sendMessages({ ...sent, messages: [], abortSignal: undefined });
    const ended = last(ai.readUIMessageStream({ stream }));
    await eventually(() => {
      expect(api.reader.stats().viewers).toBe(1);
    });
    await (await live.begin()).append(chunks('right'));
    await live.complete('right', { attempt: 2 });
    expect(textOf(await ended)).toBe('right');
  });
});

it('the transport is one of the AI SDK, to its compiler', async () => {
  const use = `
    import type { ChatTransport, UIMessage } from 'ai';
    import { ExecutionTransport } from '${join(process.cwd(), 'src/client/ai-sdk.js')}';

    export const transport: ChatTransport<UIMessage> = new ExecutionTransport<UIMessage>({
      url: 'http://127.0.0.1:4000',
      start: ({ messages }) => Promise.resolve(String(messages.at(-1)?.parts.length)),
    });
  `;
  await writeFile(join(ai.folder, 'use.mts'), use);
  const strict =
    '--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --target es2023 --module nodenext --lib es2023,dom';
  const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
  const { exitCode, output } = await new Promise<{ exitCode: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [tsc, ...strict.split(' '), 'use.mts'], { cwd: ai.folder }, (error, stdout) => {
      resolve({ exitCode: error?.code ?? 0, output: stdout });
    });
  });
  expect(output).toBe('');
  expect(exitCode).toBe(0);
});
