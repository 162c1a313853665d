import { setTimeout as delay } from 'node:timers/promises';

import type { ApiClient } from '../../src/cli/api-client.js';
import { LONG_PROSE } from './aimock-review.js';

/** What an answer was when its viewer had all of it. */
interface Answered {
  readonly type: string;
  readonly text: string;
}

interface StoredToken {
  readonly token: {
    readonly place: string;
    readonly data: Readonly<Record<string, unknown>>;
    readonly pending: { readonly executionId: string } | null;
    readonly incident: { readonly code: string } | null;
  } | null;
}

interface StoredEvents {
  readonly tokenEvents: readonly { readonly type: string; readonly transitionId: string | null }[];
}

const TOKEN = 'query ($id: String!) { token(id: $id) { place data pending { executionId } incident { code } } }';
const EVENTS = 'query ($id: String!) { tokenEvents(tokenId: $id, first: 100) { type transitionId } }';
const EXECUTION = 'query ($id: String!) { agentExecution(id: $id) { status finalResponse } }';
const AUDIT = `query ($after: String) {
  auditLog(first: 200, after: $after) { nodes { action subject outcome } pageInfo { hasNextPage endCursor } }
}`;

export function anAgentNamed(id: string): object {
  return { id, name: id, llmProvider: { type: 'mock', model: 'mock' }, prompts: { system: id, userTemplate: 'Hi' } };
}

/** What an installation has said that it has, and whether it has it still. */
export class Acknowledged {
  readonly agents = new Set<string>();
  readonly tokens = new Set<string>();
  /** Tokens whose data was changed. */
  readonly noted = new Set<string>();
  /** By token, the execution that its fire began. */
  readonly fired = new Map<string, string>();
  /** By execution. */
  readonly answered = new Map<string, Answered>();
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  toString(): string {
    const { agents, tokens, noted, fired, answered } = this;
    return `${agents.size} agents, ${tokens.size} tokens, ${noted.size} changes, ${fired.size} fires, ${answered.size} answers`;
  }

  /** How the executions stand whose answers nobody has seen yet. */
  async underWay(): Promise<string> {
    const waiting = [...this.fired].filter(([, execution]) => !this.answered.has(execution));
    const asked = waiting.map(async ([id, execution]) =>
      JSON.stringify([await this.#ask(TOKEN, { id }), await this.#ask(EXECUTION, { id: execution })]),
    );
    return (await Promise.all(asked)).join('\n');
  }

  /** In words, whatever was acknowledged before this was called and is not there. */
  async missing(): Promise<readonly string[]> {
    const [tokens, agents, answered] = [[...this.tokens], [...this.agents], [...this.answered]];
    const [noted, fired] = [new Set(this.noted), new Map(this.fired)];
    const found: string[] = [];
    const { agents: stored } = await this.#ask<{ agents: readonly { readonly id: string }[] }>('{ agents { id } }');
    const ids = new Set(stored.map(({ id }) => id));
    for (const id of agents) if (!ids.has(id)) found.push(`agent ${id} is not there`);
    for (const id of tokens) {
      const { token } = await this.#ask<StoredToken>(TOKEN, { id });
      // Afterwards: it may move meanwhile, and whatever it has done by now is among them.
      const is = { token, ...(await this.#ask<StoredEvents>(EVENTS, { id })) };
      found.push(...wrongsOf(is, { isNoted: noted.has(id), execution: fired.get(id) }).map((one) => `${id}: ${one}`));
    }
    for (const [id, { type, text }] of answered) {
      const { agentExecution: is } = await this.#ask<{ agentExecution: { status: string; finalResponse: string } }>(
        EXECUTION,
        { id },
      );
      const isWhole = type === 'completed' && is.status === 'COMPLETED' && is.finalResponse === text;
      if (!isWhole || text !== LONG_PROSE) found.push(`answer ${id}: ${type} ${text.length}, stored ${is.status}`);
    }
    return [
      ...found,
      ...(await this.#untold({ createAgent: agents, createToken: tokens, fireTransition: [...fired.keys()] })),
    ];
  }

  /** What the audit has not been told. */
  async #untold(done: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
    const told = new Set<string>();
    let after: string | null = null;
    do {
      const { auditLog }: AuditPage = await this.#ask<AuditPage>(AUDIT, { after });
      for (const { action, subject } of auditLog.nodes) told.add(`${action} ${subject ?? ''}`);
      after = auditLog.pageInfo.hasNextPage ? auditLog.pageInfo.endCursor : null;
    } while (after !== null);
    return Object.entries(done).flatMap(([action, subjects]) =>
      subjects.filter((subject) => !told.has(`${action} ${subject}`)).map((one) => `the audit has no ${action} ${one}`),
    );
  }

  async #ask<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    for (;;) {
      try {
        return await this.#api.query<Data>(query, variables);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'UNAVAILABLE')) throw error;
        await delay(100);
      }
    }
  }
}

interface AuditPage {
  readonly auditLog: {
    readonly nodes: readonly { readonly action: string; readonly subject: string | null }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

function wrongsOf(
  { token, tokenEvents }: StoredToken & StoredEvents,
  { isNoted, execution }: { readonly isNoted: boolean; readonly execution: string | undefined },
): string[] {
  if (token === null) return ['is not there'];
  const found: string[] = [];
  if (isNoted && token.data['note'] === undefined) found.push(`its change is lost: ${JSON.stringify(token.data)}`);
  const fires = tokenEvents.filter(({ type }) => type === 'TRANSITION_FIRED').length;
  if (fires > 1) found.push(`moved ${fires} times`);
  if (token.incident !== null) found.push(`has an incident, ${token.incident.code}`);
  if (execution === undefined) return found;
  const isWriting = token.pending?.executionId === execution;
  const hasWritten = token.place === 'written' && fires === 1 && token.data['text'] === LONG_PROSE;
  if (!isWriting && !hasWritten)
    found.push(`its fire is lost: ${JSON.stringify(token)} ${JSON.stringify(tokenEvents)}`);
  return found;
}
