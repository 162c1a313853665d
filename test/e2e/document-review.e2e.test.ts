import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { EventSource } from 'eventsource';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { startAimock, type AimockProcess } from '../support/aimock-process.js';
import { reviewOf } from '../support/aimock-review.js';
import { createToken, execution, fire, graphql, settledToken } from '../support/api-client.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { sha256, streamFaults, StreamViewer } from '../support/stream-viewer.js';

const DOCUMENTS = 'examples/document-review/documents';

describe('the document review against an independent server', () => {
  let aimock: AimockProcess;
  let setting: Setting;
  let everything: SpawnedProcess;

  beforeAll(async () => {
    const modulePath = new URL('../support/aimock-review.ts', import.meta.url).pathname;
    aimock = await startAimock({ modulePath, latencyMs: 20, chunkSize: 8 });
    setting = await newSetting({ OPENAI_BASE_URL: aimock.baseUrl });
    everything = await startEverything(setting);
  });

  afterAll(async () => {
    await everything.stop();
    await aimock.stop();
    await setting.remove();
  });

  it.each([
    ['travel-policy.md', 'published', 'publish'],
    ['incident-report.md', 'revision', 'send_back'],
    ['miracle-supplement.md', 'rejected', 'reject'],
  ])('%s ends in %s, moved by its own automatic transition', async (name, place, transition) => {
    const demo = SpawnedProcess.start('demo', setting.environment, { args: [`${DOCUMENTS}/${name}`] });
    expect(await demo.exit(), demo.output).toBe(0);
    expect(demo.output).toMatch(new RegExp(`Outcome:  ${place} `));
    expect(demo.output).toContain(`submitted ─ ai_review → reviewed ─ ${transition} → ${place}`);
    expect(demo.output).toContain('/namespaces/default/workflows/');
    const tokenId = /Token (\S+) is in/.exec(demo.output)?.[1] ?? '';
    const token = await settledToken(setting.address, tokenId);
    const sent = JSON.parse(reviewOf(await readFile(`${DOCUMENTS}/${name}`, 'utf8'))) as Record<string, unknown>;
    expect(token.data).toMatchObject({ review_result: sent['assessment'], review_score: sent['confidence_score'] });
    expect(token.metadata).toMatchObject({ reviewer: 'content-reviewer' });
  });

  async function review(): Promise<{ executionId: string; sent: string }> {
    const content = await readFile(`${DOCUMENTS}/travel-policy.md`, 'utf8');
    const metadata = { type: 'memo', priority: 'high' };
    const tokenId = await createToken(setting.address, { workflowId: 'document_review', data: { content }, metadata });
    const executionId = await fire(setting.address, { tokenId, transitionId: 'ai_review' });
    return { executionId, sent: reviewOf(content) };
  }

  it('chunks arrive as they are produced, and `completed` is what the server sent, byte for byte', async () => {
    const { executionId, sent } = await review();
    const viewer = new StreamViewer();
    const arrivals: number[] = [];
    const watching = viewer.watch(setting.address, executionId);
    await viewer.sawChunks(1);
    arrivals.push(viewer.chunks);
    expect((await execution(setting.address, executionId)).status).toBe('RUNNING');
    expect(await watching).toBe(1000);
    expect(viewer.chunks).toBeGreaterThan(arrivals[0] ?? 0);
    expect(viewer.text).toBe(sent);
    expect(viewer.last).toMatchObject({
      eventType: 'completed',
      final_response: sent,
      length: Buffer.byteLength(sent),
      sha256: sha256(sent),
    });
    expect(streamFaults(viewer.events)).toEqual([]);
  });

  it("the seed's GraphQL subscription receives the whole execution and ends", async () => {
    const { executionId, sent } = await review();
    const client = createClient({ url: `${setting.address.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const query = `
      subscription AgentExecutionStream($executionId: String!) {
        agentExecutionStream(executionId: $executionId) {
          executionId eventType content status toolName error timestamp
        }
      }`;
    let text = '';
    const types: string[] = [];
    for await (const { data } of client.iterate<{
      agentExecutionStream: { eventType: string; content: string | null };
    }>({
      query,
      variables: { executionId },
    })) {
      const event = data?.agentExecutionStream;
      types.push(event?.eventType ?? '');
      text += event?.content ?? '';
    }
    await client.dispose();
    expect(text).toBe(sent);
    expect(types.at(0)).toBe('attempt_started');
    expect(types.at(-1)).toBe('completed');
  });

  it("the seed's WebSocket client receives the whole execution and ends", async () => {
    const { executionId, sent } = await review();
    const shown = await new Promise<{ response: string; final: string; code: number }>((resolve) => {
      const ws = new WebSocket(`${setting.address.replace('http', 'ws')}/agent-stream/${executionId}`);
      let response = '';
      let final = '';
      ws.onmessage = (event) => {
        const agentEvent = JSON.parse(event.data as string) as StreamEvent;
        switch (agentEvent.eventType) {
          case 'content_chunk':
            response += agentEvent.content;
            break;
          case 'completed':
            final = agentEvent.final_response;
            break;
          case 'failed':
            final = agentEvent.error;
            break;
          // The snippet knows no other events: they are left out.
          case 'attempt_started':
          case 'thinking':
          case 'tool_call':
          case 'tool_result':
        }
      };
      ws.onclose = ({ code }) => {
        resolve({ response, final, code });
      };
    });
    expect(shown).toEqual({ response: sent, final: sent, code: 1000 });
  });

  it("the seed's EventSource receives the whole execution, and its reconnect is told that nothing is left", async () => {
    const { executionId, sent } = await review();
    const eventSource = new EventSource(`${setting.address}/agent-stream/${executionId}`);
    const agentEvents: StreamEvent[] = [];
    await new Promise<void>((resolve) => {
      eventSource.onmessage = (event) => {
        agentEvents.push(JSON.parse(String(event.data)) as StreamEvent);
      };
      eventSource.onerror = () => {
        // Fires at the end of the replay, when it reconnects, and once more when 204 stops it for good.
        if (eventSource.readyState === eventSource.CLOSED) resolve();
      };
    });
    const text = agentEvents.map((event) => (event.eventType === 'content_chunk' ? event.content : '')).join('');
    expect(text).toBe(sent);
    expect(streamFaults(agentEvents)).toEqual([]);
  });

  it('a plain Temporal client can start a token, fire by signal, update and query', async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [
      '--import',
      'tsx',
      'examples/temporal-client.ts',
      setting.temporalAddress,
    ]);
    expect(stdout).toContain('after the review: ACTIVE in revision at version 4');
    expect(stdout).toMatch(/refused publish: .+\n {2}blocked by WRONG_PLACE - /);
    expect(stdout).toContain('fired resubmit: now in submitted');
  });

  it('sends the schema that the mapping asks for, with the prompts unchanged', async () => {
    const [request] = await aimock.requests();
    const messages = request?.body?.['messages'] as { role: string; content: string }[];
    expect(messages[0]?.content).toMatch(
      /^You are a content review specialist working within a document approval workflow\./,
    );
    expect(messages[1]?.content).toMatch(
      /^Please review the following document:\n\nDocument Type: Markdown document\nContent: \{\n/,
    );
    expect(request?.body?.['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { schema: { required: ['assessment', 'confidence_score'] } },
    });
  });

  it('shows every token in the list, newest first', async () => {
    const query = '{ tokens(workflowId: "document_review") { nodes { place } pageInfo { hasNextPage } } }';
    const { tokens } = await graphql<{ tokens: { nodes: { place: string }[] } }>(setting.address, query);
    expect(tokens.nodes.length).toBeGreaterThanOrEqual(3);
  });
});
