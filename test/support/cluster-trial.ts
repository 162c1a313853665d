import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { startCluster, type Cluster } from '../../scripts/cluster/start-cluster.js';
import { ApiClient } from '../../src/cli/api-client.js';
import { watchExecution, type StreamEvent } from '../../src/client/index.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { startClusterModel, type ClusterModel } from './cluster-model.js';
import { seeded } from './seeded.js';
import { ALLOWED_PRIVATE_HOSTS } from './this-machine.js';
import { untilOver } from './under-way.js';
import { writingWorkflow } from './writing-workflow.js';

export interface TrialSettings {
  readonly executions: number;
  readonly seed: number;
  /** For so long a process at random is killed every three seconds; absent: one of each service, once. */
  readonly killForMs?: number;
  /** What a process says. */
  readonly say: (name: string, line: string) => void;
}

export interface TrialResult {
  /** What was not as promised, in words; none: all was. */
  readonly wrong: readonly string[];
  /** How often a process of a service was killed. */
  readonly kills: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly lostAttempts: number;
  readonly reconnections: number;
  /** From the first request to the last viewer's end. */
  readonly tookMs: number;
}

const KILL_EVERY_MS = 3000;
const AGENT = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about <{topic}>' },
  tools: ['http.fetch'],
};
const WORKFLOW = writingWorkflow({ topic: 'data.topic' });
const STORED = `query ($token: String!, $execution: String!) {
  token(id: $token) { place status data history { transition } }
  tokenEvents(tokenId: $token, first: 100) { type transitionId }
  agentExecution(id: $execution) { status finalResponse errorCode errorMessage attempts { turn outcome errorCode } }
}`;

interface Stored {
  readonly token: {
    readonly place: string;
    readonly status: string;
    readonly data: { readonly text?: string };
    readonly history: readonly unknown[];
  };
  readonly tokenEvents: readonly { readonly type: string; readonly transitionId: string | null }[];
  readonly agentExecution: {
    readonly status: string;
    readonly finalResponse: string | null;
    readonly attempts: readonly { readonly turn: number; readonly outcome: string }[];
  };
}

/** What one who watched an execution had in the end. */
interface Viewed {
  readonly last: StreamEvent;
  readonly text: string;
  readonly isVerified: boolean | undefined;
  readonly endedAt: number;
}

/**
 * Answers of a model are watched over the proxy and over each API, while processes of the cluster of docker-compose.yml are
 * killed with SIGKILL and come again. Rejects when something does not end.
 */
export async function runClusterTrial(settings: TrialSettings): Promise<TrialResult> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-trial-'));
  const model = await startClusterModel();
  try {
    const cluster = await startCluster({
      dataDir: folder,
      secretsDir: join(folder, 'secrets'),
      variables: {
        ALLOWED_PRIVATE_HOSTS,
        OPENAI_BASE_URL: model.baseUrl,
        TOOL_HTTP_HOSTS: model.host,
        API_RATE_LIMIT_PER_MINUTE: '100000',
      },
      say: settings.say,
    });
    try {
      return await new ClusterTrial(cluster, model, settings).run();
    } finally {
      await cluster.stop();
    }
  } finally {
    await model.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

class ClusterTrial {
  readonly #cluster: Cluster;
  readonly #model: ClusterModel;
  readonly #settings: TrialSettings;
  readonly #random: () => number;
  readonly #token: string;
  readonly #doors: readonly string[];
  readonly #executions = new Map<string, string>();
  readonly #viewed = new Map<string, readonly Viewed[]>();
  readonly #wrong: string[] = [];
  readonly #kills: Record<string, number> = {};
  #events = 0;
  #reconnections = 0;
  #lostAttempts = 0;

  constructor(cluster: Cluster, model: ClusterModel, settings: TrialSettings) {
    [this.#cluster, this.#model, this.#settings] = [cluster, model, settings];
    this.#random = seeded(settings.seed);
    this.#token = cluster.secret('access_token');
    // The first is the one that users have.
    this.#doors = [...cluster.addresses('proxy', 8080), ...cluster.addresses('api', 4000)].map(
      (address) => `http://${address}`,
    );
  }

  async run(): Promise<TrialResult> {
    await this.#ask('mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', { input: AGENT });
    const save = 'mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }';
    await this.#ask(save, { input: WORKFLOW });
    const startedAt = Date.now();
    const plan = this.#plan();
    const ids = Array.from({ length: this.#settings.executions }, (_, index) => `essay-${index}`);
    const lives = ids.map((id, index) => this.#live(id, (index / ids.length) * plan.length * KILL_EVERY_MS));
    await this.#killBy(plan);
    await untilOver({
      isOver: () => this.#viewed.size + this.#wrong.length >= ids.length,
      progress: () => `${this.#events} ${this.#model.calls.length} ${this.#executions.size} ${this.#viewed.size}`,
      found: () => this.#unended(ids),
    });
    await Promise.all(lives);
    const tookMs = Date.now() - startedAt;
    for (const id of ids) await this.#judge(id);
    const { length: calls } = this.#model.calls;
    const [lostAttempts, reconnections] = [this.#lostAttempts, this.#reconnections];
    return { wrong: this.#wrong, kills: this.#kills, calls, lostAttempts, reconnections, tookMs };
  }

  /** Whom to kill, one after the other. */
  #plan(): readonly (() => string)[] {
    const { killForMs } = this.#settings;
    const { processes } = this.#cluster;
    const oneOf = <Item>(items: readonly Item[]) => items[Math.floor(this.#random() * items.length)];
    if (killForMs !== undefined) {
      const anyOf = () => oneOf(processes.filter(({ pid }) => pid !== undefined))?.name ?? '';
      return Array.from({ length: Math.floor(killForMs / KILL_EVERY_MS) }, () => anyOf);
    }
    const services = [...new Set(processes.map(({ service }) => service))];
    const names = services.map((service) => oneOf(processes.filter((one) => one.service === service))?.name ?? '');
    const order = names.map((name) => [this.#random(), name] as const).sort(([left], [right]) => left - right);
    return order.map(
      ([, name]) =>
        () =>
          name,
    );
  }

  async #killBy(plan: readonly (() => string)[]): Promise<void> {
    for (const choose of plan) {
      await delay(KILL_EVERY_MS);
      const chosen = choose();
      const victim = this.#cluster.processes.find(({ name }) => name === chosen);
      if (victim === undefined) continue;
      this.#settings.say('trial', `kills ${victim.name}`);
      this.#kills[victim.service] = (this.#kills[victim.service] ?? 0) + 1;
      await victim.kill();
    }
  }

  /** One user: asks for an answer, and watches it by the proxy and by one of the APIs. */
  async #live(id: string, afterMs: number): Promise<void> {
    try {
      await delay(afterMs);
      const create = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }';
      await this.#ask(create, { input: { id, workflowId: 'writing', data: { topic: id } } });
      const fire = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }';
      const input = { tokenId: id, transitionId: 'write', idempotencyKey: 'once' };
      const { fireTransition } = await this.#ask<{ fireTransition: { executionId: string } }>(fire, { input });
      const { executionId } = fireTransition;
      this.#executions.set(id, executionId);
      const [proxy = '', ...apis] = this.#doors;
      const api = apis[this.#executions.size % apis.length] ?? '';
      this.#viewed.set(id, await Promise.all([proxy, api].map((url) => this.#watch(url, executionId))));
    } catch (error) {
      this.#wrong.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #watch(url: string, executionId: string): Promise<Viewed> {
    const onReconnect = () => {
      this.#reconnections += 1;
    };
    const watching = watchExecution({ url, executionId, access: { token: this.#token }, onReconnect });
    watching.subscribe(() => {
      this.#events += 1;
    });
    const last = await watching.finished();
    return { last, text: watching.view.text, isVerified: watching.isVerified, endedAt: Date.now() };
  }

  /** Asks at the proxy, and again for as long as the answer is that this may be repeated; anything else is thrown. */
  async #ask<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    for (;;) {
      try {
        return await new ApiClient(this.#doors[0] ?? '', { token: this.#token }).query<Data>(query, variables);
      } catch (error) {
        if (!(error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE')) throw error;
        await delay(200);
      }
    }
  }

  async #judge(id: string): Promise<void> {
    const viewed = this.#viewed.get(id);
    if (viewed === undefined) return;
    const stored = await this.#ask<Stored>(STORED, { token: id, execution: this.#executions.get(id) });
    const { token, tokenEvents, agentExecution: execution } = stored;
    const isWrong = (what: string, is: unknown) => this.#wrong.push(`${id}: ${what}: ${JSON.stringify(is)}`);
    const answer = execution.finalResponse ?? '';
    if (execution.status !== 'COMPLETED' || !answer.startsWith(`${id}, told for the`))
      isWrong('the execution ended otherwise', execution);
    if (token.place !== 'written' || token.status !== 'COMPLETED' || token.data.text !== answer)
      isWrong('the token is elsewhere', token);
    const fired = tokenEvents.filter(({ type }) => type === 'TRANSITION_FIRED');
    if (fired.length !== 1 || token.history.length !== 1) isWrong('the token moved otherwise than once', tokenEvents);
    for (const { last, text, isVerified } of viewed) {
      if (last.eventType !== 'completed' || text !== answer || isVerified === false)
        isWrong(`a viewer has something else than ${answer.slice(0, 40)}`, { last, isVerified, text });
    }
    this.#judgeCalls(id, execution, Math.min(...viewed.map(({ endedAt }) => endedAt)));
  }

  /** A turn that is over is not asked for again: when the next one was called, or when a viewer had the end. */
  #judgeCalls(id: string, { attempts }: Stored['agentExecution'], endedAt: number): void {
    const calls = this.#model.calls.filter(({ topic }) => topic === id);
    const firstOfSecond = calls.findIndex(({ turn }) => turn === 2);
    const late = calls.filter(({ turn, startedAt }, index) =>
      turn === 1 ? index > firstOfSecond : startedAt > endedAt,
    );
    if (late.length > 0) this.#wrong.push(`${id}: a finished turn was called again: ${JSON.stringify(calls)}`);
    const outcomes = attempts.map(({ turn, outcome }) => `${turn} ${outcome}`);
    if (
      outcomes.filter((one) => one.endsWith('completed')).join() !== '1 completed,2 completed' ||
      calls.length > attempts.length
    )
      this.#wrong.push(`${id}: ${calls.length} calls, and these attempts: ${outcomes.join(', ')}`);
    this.#lostAttempts += attempts.length - 2;
  }

  async #unended(ids: readonly string[]): Promise<string> {
    const left = ids.filter((id) => !this.#viewed.has(id));
    const [first = ''] = left;
    const execution = this.#executions.get(first);
    const stored = execution === undefined ? 'not begun' : await this.#ask(STORED, { token: first, execution });
    return `${left.length} did not end: ${left.join(' ')}\n${JSON.stringify(stored)}\n${this.#wrong.join('\n')}`;
  }
}
