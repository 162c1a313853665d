import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import {
  createAgent,
  createToken,
  createWorkflow,
  execution,
  graphql,
  type ExecutionView,
} from '../support/api-client.js';
import { BATCH_PROVIDERS, startBatchProviders, type BatchProviders } from '../support/batch-servers/batch-providers.js';
import { BATCH_KEY } from '../support/batch-servers/batch-server.js';
import { eventually } from '../support/eventually.js';
import { OwnProcesses } from '../support/own-processes.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';

const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
const TERMINAL: readonly StreamEvent['eventType'][] = ['completed', 'failed'];

function anAnalyst(id: string, type: string) {
  return {
    id,
    name: 'Analyst',
    llmProvider: { type, model: 'm' },
    llmConfig: { maxTokens: 100 },
    prompts: { system: 'You analyse.', userTemplate: '{text}' },
    delivery: 'batch',
  };
}

describe('a batch', () => {
  let processes: OwnProcesses;
  let providers: BatchProviders;
  let worker: SpawnedProcess;
  let count = 0;

  beforeAll(async () => {
    providers = await startBatchProviders();
    processes = await OwnProcesses.on({
      OPENAI_BASE_URL: providers.baseUrls.openai,
      OPENAI_API_KEY: BATCH_KEY,
      ANTHROPIC_BASE_URL: providers.baseUrls.anthropic,
      ANTHROPIC_API_KEY: BATCH_KEY,
      GOOGLE_BASE_URL: providers.baseUrls.google,
      GOOGLE_API_KEY: BATCH_KEY,
      BATCH_WINDOW_SECONDS: '8',
      BATCH_POLL_SECONDS: '1',
    });
    await processes.start('api');
  });

  beforeEach(async () => {
    for (const server of providers.servers) server.reset();
    worker = await processes.start('worker');
  });

  // In order: what Temporal has handed to one that is killed is lost for a while.
  afterEach(async () => {
    await worker.stop();
  });

  afterAll(async () => {
    await processes.end();
    await providers.stop();
  });

  async function killed(): Promise<void> {
    await worker.kill();
    worker = await processes.start('worker');
  }

  /** Of an agent of its own, so that no other test's go in the same batch. */
  async function execute(type: string, texts: readonly string[]): Promise<readonly string[]> {
    const agentId = `analyst-${(count += 1)}`;
    await createAgent(processes.address, anAnalyst(agentId, type));
    const ids = texts.map((text) => `${agentId}-${text}`);
    await Promise.all(
      ids.map((id, index) =>
        graphql(processes.address, EXECUTE, {
          input: { id, agentId, input: { text: `question ${texts[index] ?? ''}` } },
        }),
      ),
    );
    return ids;
  }

  async function answered(ids: readonly string[]): Promise<readonly ExecutionView[]> {
    return await eventually(async () => {
      const found = await Promise.all(ids.map((id) => execution(processes.address, id)));
      expect(found.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
      return found;
    });
  }

  /** Each has its own text, of one call, and one end of its stream behind one chunk. */
  async function answeredOnce(ids: readonly string[]): Promise<void> {
    const answers = await answered(ids);
    const texts = ids.map((id) => `Answer to question ${id.replace(/^analyst-\d+-/, '')}`);
    expect(answers.map(({ finalResponse }) => finalResponse)).toEqual(texts);
    expect(answers.flatMap(({ attempts }) => attempts.filter(({ outcome }) => outcome === 'completed'))).toHaveLength(
      ids.length,
    );
    const viewers = await Promise.all(
      ids.map(async (id) => {
        const viewer = new StreamViewer();
        await viewer.watch(processes.address, id);
        return viewer;
      }),
    );
    expect(viewers.map(({ text }) => text)).toEqual(texts);
    for (const { events } of viewers) {
      expect(events.filter(({ eventType }) => TERMINAL.includes(eventType))).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ eventType: 'completed' });
    }
  }

  /** Submitted, and paid for. */
  function sent(): readonly (readonly number[])[] {
    expect(providers.servers.map(({ streams }) => streams)).toEqual([0, 0, 0]);
    return providers.servers.map(({ batches }) => batches.map(({ lines }) => lines.length));
  }

  it(
    'whose worker dies after a provider took it, and before anybody here heard of that, is not submitted twice, whatever provider it is',
    { tags: 'worker-killed' },
    async () => {
      for (const server of providers.servers) server.silence = 'mute';
      const ids = await Promise.all(BATCH_PROVIDERS.map((type) => execute(type, ['one', 'two', 'three'])));
      await eventually(() => {
        expect(sent()).toEqual([[3], [3], [3]]);
      });
      for (const server of providers.servers) server.silence = 'none';
      await killed();
      await answeredOnce(ids.flat());
      expect(sent()).toEqual([[3], [3], [3]]);
      expect(providers.servers.every(({ lists }) => lists > 0)).toBe(true);
    },
  );

  it(
    'whose worker dies while it is polled is handed out once by the next one, whatever provider it is',
    { tags: 'worker-killed' },
    async () => {
      for (const server of providers.servers) server.isHeld = true;
      const ids = await Promise.all(BATCH_PROVIDERS.map((type) => execute(type, ['one', 'two', 'three'])));
      await eventually(() => {
        expect(providers.servers.every(({ batches: [batch] }) => (batch?.looks ?? 0) > 1)).toBe(true);
      });
      await killed();
      for (const server of providers.servers) server.isHeld = false;
      await answeredOnce(ids.flat());
      expect(sent()).toEqual([[3], [3], [3]]);
    },
  );

  it(
    'whose workers die while its results are read, and while they are handed out, ends each execution once',
    { tags: 'worker-killed' },
    async () => {
      const { openai } = providers;
      openai.resultsHeldAfter = 10;
      const ids = await execute(
        'openai',
        Array.from({ length: 30 }, (_, index) => `${index}`),
      );
      await eventually(() => {
        expect(openai.heldReaders).toBe(1);
      });
      openai.resultsHeldAfter = undefined;
      await killed();
      await eventually(async () => {
        const found = await Promise.all(ids.map((id) => execution(processes.address, id)));
        expect(found.map(({ status }) => status)).toContain('COMPLETED');
      });
      await killed();
      await answeredOnce(ids);
      expect(sent()).toEqual([[30], [], []]);
    },
  );

  it('answers a token whose transition waits for it, and then one whose place does', async () => {
    await createAgent(processes.address, { ...anAnalyst('reader', 'openai'), delivery: 'stream' });
    const use = { agentId: 'reader', delivery: 'batch', inputMapping: { text: 'data.text' } };
    await createWorkflow(processes.address, {
      id: 'archive',
      name: 'Archive',
      places: ['submitted', 'read', 'sorted', 'archived'],
      initialPlace: 'submitted',
      transitions: [
        {
          ...{ id: 'read', fromPlaces: ['submitted'], toPlace: 'read', trigger: 'automatic' },
          agentExecution: { ...use, outputMapping: { 'data.read': 'response' } },
        },
        { id: 'sort', fromPlaces: ['read'], toPlace: 'sorted' },
        { id: 'archive', fromPlaces: ['sorted'], toPlace: 'archived' },
      ],
      placeAgents: [
        { ...use, id: 'sorter', placeId: 'read', inputMapping: { text: 'data.read' }, autoTransition: 'sort' },
      ],
    });
    const id = await createToken(processes.address, { workflowId: 'archive', data: { text: 'a report' } });
    const query =
      'query ($id: String!) { token(id: $id) { place cost { costUsd } executions { nodes { finalResponse } } } }';
    await eventually(async () => {
      const { token } = await graphql<{ token: { place: string } }>(processes.address, query, { id });
      expect(token).toMatchObject({
        place: 'sorted',
        executions: {
          nodes: expect.arrayContaining([
            { finalResponse: 'Answer to a report' },
            { finalResponse: 'Answer to Answer to a report' },
          ]) as unknown,
        },
      });
    });
    expect(sent()).toEqual([[1, 1], [], []]);
  });
});
