import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';

import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  createAgent,
  createToken,
  createWorkflow,
  fire,
  execution,
  graphql,
  settledToken,
} from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { OwnProcesses } from '../support/own-processes.js';
import { writingWorkflow } from '../support/writing-workflow.js';

/** A token costs a tenth of a cent. */
const USD_A_TOKEN = 0.001;
const ASKED = 200;
const INPUT_TOKENS = 14;
const MAX_TOKENS = 20;

/** The end of an answer, with what it took. */
function ending(outputTokens: number): string {
  const usage = { prompt_tokens: INPUT_TOKENS, completion_tokens: outputTokens };
  const stop = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  return (
    [stop, { choices: [], usage }].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n'
  );
}

describe('a budget over two workers', () => {
  let folder: string;
  let processes: OwnProcesses;
  let provider: FaultServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prices-'));
    const prices = join(folder, 'prices.json');
    const perMillion = USD_A_TOKEN * 1_000_000;
    await writeFile(
      prices,
      JSON.stringify({ 'custom/m': { inputUsdPerMillion: perMillion, outputUsdPerMillion: perMillion } }),
    );
    [processes, provider] = await Promise.all([OwnProcesses.on({ PRICES_FILE: prices }), startFaultServer()]);
    await processes.start('api');
  });

  afterEach(async () => {
    await processes.end();
    await provider.stop();
    await rm(folder, { recursive: true });
  });

  const writer = (budget: object) => ({
    id: 'writer',
    name: 'Writer',
    llmProvider: { type: 'custom', model: 'm', baseUrl: provider.baseUrl },
    llmConfig: { maxTokens: MAX_TOKENS },
    prompts: { system: 'You write.', userTemplate: 'Write.' },
    budget,
  });

  const raise = (budget: object) =>
    graphql(
      processes.address,
      'mutation ($input: AgentInput!) { updateAgent(id: "writer", input: $input) { version } }',
      {
        input: writer(budget),
      },
    );

  async function query<Row>(text: string): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: processes.database.url });
    await client.connect();
    try {
      return (await client.query(text)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  const sums = () =>
    query<{ spent: string; reserved: string }>(
      `select spent_nano_usd as spent, reserved_nano_usd as reserved from circuit_breaker.budget_sums where scope = 'agent/writer'`,
    );

  it('of 1 USD is overrun by 200 executions at once by no more than the calls under way took beyond what they said', async () => {
    await Promise.all([processes.start('worker'), processes.start('worker')]);
    const calls = { underWay: 0, busiest: 0, tokens: 0, beyond: 0 };
    provider.behave((_, response) => {
      calls.underWay += 1;
      calls.busiest = Math.max(calls.busiest, calls.underWay);
      // Some servers do not heed the limit of an answer.
      const output = (calls.tokens * 7) % (2 * MAX_TOKENS);
      calls.tokens += INPUT_TOKENS + output;
      calls.beyond = Math.max(calls.beyond, output - MAX_TOKENS);
      setTimeout(() => {
        calls.underWay -= 1;
        beginStream(response);
        response.end(CHAT.text('Done.') + ending(output));
      }, 50);
    });
    await createAgent(processes.address, writer({ maxCostUsdPerDay: 1 }));
    const execute = 'mutation { executeAgent(input: { agentId: "writer" }) { id } }';
    const ask = () => graphql<{ executeAgent: { id: string } }>(processes.address, execute);
    await Promise.all(Array.from({ length: ASKED }, ask));
    const executedAlone = async () => {
      const { id } = (await ask()).executeAgent;
      return await eventually(async () => {
        const { status } = await execution(processes.address, id);
        expect(['COMPLETED', 'FAILED']).toContain(status);
        return status;
      });
    };
    const ended = () =>
      query<{ status: string; code: string | null; count: string }>(
        `select status, document->>'errorCode' as code, count(*) from circuit_breaker.executions where ended group by 1, 2 order by 1`,
      );
    await eventually(async () => {
      expect((await ended()).reduce((sum, { count }) => sum + Number(count), 0)).toBe(ASKED);
    });
    // Who has waited long enough for those under way is refused, also where they leave something then: the rest goes one by one.
    while ((await executedAlone()) === 'COMPLETED');
    const spent = calls.tokens * USD_A_TOKEN;
    expect(spent).toBeLessThanOrEqual(1 + calls.busiest * Math.max(0, calls.beyond) * USD_A_TOKEN);
    // And what is left is less than one call may take.
    expect(spent).toBeGreaterThan(1 - (MAX_TOKENS + 2 * INPUT_TOKENS) * USD_A_TOKEN);
    expect(await ended()).toMatchObject([
      { status: 'COMPLETED', count: String(provider.bodies.length) },
      { status: 'FAILED', code: 'budget_exceeded' },
    ]);
    expect(await sums()).toEqual([{ spent: String(Math.round(spent * 1e9)), reserved: '0' }]);
    const shown = await graphql<{ agent: { budgetToday: object } }>(
      processes.address,
      '{ agent(id: "writer") { budgetToday { spentUsd reservedUsd spentTokens reservedTokens } } }',
    );
    const spentUsd = Number(spent.toFixed(9));
    const today = { spentUsd, reservedUsd: 0, spentTokens: calls.tokens, reservedTokens: 0 };
    expect(shown.agent.budgetToday).toEqual(today);
    await eventually(async () => {
      expect(
        await query(`select from circuit_breaker.audit_entries where entry->>'action' = 'agent.budget'`),
      ).toHaveLength(1);
    });
    const told = processes.all
      .flatMap(({ output }) => output.split('\n'))
      .filter((line) => line.includes('is spent to 80 %'));
    // By the worker whose call did it. The API's alert about it is another line, and comes within ten seconds.
    expect(told.filter((line) => !line.includes('BUDGET_NEARLY_SPENT'))).toHaveLength(1);
    expect(told.length).toBeLessThanOrEqual(2);
  });

  it('holds no longer what a worker had reserved that was killed', { tags: ['worker-killed'] }, async () => {
    const [doomed] = [await processes.start('worker')];
    const answers: ServerResponse[] = [];
    provider.behave((_, response) => {
      answers.push(response);
      beginStream(response);
      response.write(CHAT.text('All of '));
      if (answers.length > 1) response.end(CHAT.text('it.') + ending(2));
    });
    // There is room for one call beside what the lost one has taken, and not for two that are under way.
    await createAgent(processes.address, writer({ maxCostUsdPerDay: 0.06 }));
    await createWorkflow(processes.address, writingWorkflow());
    const tokenId = await createToken(processes.address, { workflowId: 'writing' });
    await fire(processes.address, { tokenId, transitionId: 'write' });
    await eventually(() => {
      expect(answers).toHaveLength(1);
    });
    const [held] = await sums();
    expect(Number(held?.reserved)).toBeGreaterThan(0.03 * 1e9);
    await doomed.kill();
    await processes.start('worker');
    expect(await settledToken(processes.address, tokenId)).toMatchObject({
      place: 'written',
      data: { text: 'All of it.' },
    });
    const [sum] = await sums();
    expect(sum?.reserved).toBe('0');
    // The input of the lost call, estimated, and the whole of the other.
    const least = (2 * INPUT_TOKENS - 4 + 2) * USD_A_TOKEN * 1e9;
    expect(Number(sum?.spent)).toBeGreaterThan(least);
    expect(Number(sum?.spent)).toBeLessThan(least + 10 * USD_A_TOKEN * 1e9);
  });

  it('that is used up is an incident, and retryToken goes on once it was raised, for tokens of any version', async () => {
    await processes.start('worker');
    provider.behave((_, response) => {
      beginStream(response);
      response.end(CHAT.text('Done.') + ending(2));
    });
    await createAgent(processes.address, writer({ maxTokensPerDay: 10 }));
    const workflow = writingWorkflow();
    await createWorkflow(processes.address, { ...workflow, budget: { maxCostUsdPerExecution: 0.5 } });
    const tokenId = await createToken(processes.address, { workflowId: 'writing' });
    await fire(processes.address, { tokenId, transitionId: 'write' });
    const incident = () =>
      graphql<{ token: { incident: { code: string; message: string } | null } }>(
        processes.address,
        `{ token(id: "${tokenId}") { incident { code message } } }`,
      );
    await eventually(async () => {
      expect((await incident()).token.incident).toMatchObject({ code: 'budget_exceeded' });
    });
    expect((await incident()).token.incident?.message).toContain('Raise maxTokensPerDay');
    expect(provider.bodies).toHaveLength(0);
    await raise({ maxTokensPerDay: 1000 });
    await graphql(processes.address, `mutation { retryToken(id: "${tokenId}") { id } }`);
    expect(await settledToken(processes.address, tokenId)).toMatchObject({ place: 'written', data: { text: 'Done.' } });
  });
});
