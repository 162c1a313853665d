import { randomUUID } from 'node:crypto';

import type { Agent, AgentContent } from '../../core/agents/agent.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { AgentChanges, PreparingAgentStore } from '../agent-storage.js';
import type { AgentStore } from '../agent-store.js';
import type { AgentsHome } from '../agents-home.js';
import { createdAgent, updatedAgent, type AgentChange } from '../next-agent.js';
import type { VersionedId } from '../versioned-id.js';
import { NO_HEAD, versionKeyOf, withPrepared, type AgentHead } from './agent-head.js';
import { PATIENCE_MS, PreparedHeads, type ReadHead } from './prepared-heads.js';
import { readRecords } from './read-record.js';
import type { RecordStore } from './record-store.js';

const LIST = 'agents';
/** Of a list by label, read together. */
const AT_ONCE = 100;

/** A record for each version, and one for the agent that says which are its versions. */
export class RecordAgentStore implements PreparingAgentStore {
  readonly #records: RecordStore;
  readonly #heads: PreparedHeads;

  constructor(
    records: RecordStore,
    home: Pick<AgentsHome, 'outcomeOf' | 'giveUp'>,
    { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
  ) {
    this.#records = records;
    this.#heads = new PreparedHeads(records, home, patienceMs);
  }

  async create(id: string, content: AgentContent, now: string): Promise<Agent> {
    for (;;) {
      const head = await this.#heads.decided(id);
      const existing = await this.#versionAt(versionKeyOf(head.document, undefined, { deletedToo: false }));
      const agent = createdAgent(existing, { id, content, now, lastVersion: head.document.versions.length });
      // Somebody else may store this version at the same moment: look again.
      if (agent === existing || (await this.#add(head, agent))) return agent;
    }
  }

  async update(id: string, change: AgentChange): Promise<Agent> {
    for (;;) {
      const head = await this.#heads.decided(id);
      const newest = await this.#versionAt(versionKeyOf(head.document, undefined, { deletedToo: false }));
      const agent = updatedAgent(id, newest, change);
      if (agent === newest || (await this.#add(head, agent))) return agent;
    }
  }

  async get(id: string, version?: number): Promise<Agent | undefined> {
    return (await this.getMany([{ id, version }]))[0];
  }

  getMany(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return this.#find(ids, { deletedToo: false });
  }

  getManyEver(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return this.#find(ids, { deletedToo: true });
  }

  async list({ first, after, capability }: Parameters<AgentStore['list']>[0]): Promise<readonly Agent[]> {
    const found: Agent[] = [];
    const limit = capability === undefined ? first : AT_ONCE;
    for (let above = after; ;) {
      const range = { order: 'oldest', limit, ...(above === undefined ? {} : { above }) } as const;
      const ids = await this.#records.readList(LIST, range);
      for (const agent of await this.getMany(ids.map((id) => ({ id })))) {
        if (agent === undefined) continue;
        if (capability === undefined || agent.capabilities.includes(capability)) found.push(agent);
      }
      above = ids.at(-1);
      if (found.length >= first || ids.length < limit) return found.slice(0, first);
    }
  }

  async delete(id: string): Promise<boolean> {
    for (;;) {
      const { document, revision } = await this.#heads.decided(id);
      if (document.versions.length <= document.deleted) return false;
      const head: AgentHead = { ...document, deleted: document.versions.length };
      if (await this.#heads.put(id, head, revision)) return true;
    }
  }

  async prepare(batch: string, { agents, deletedAgents }: AgentChanges): Promise<boolean> {
    // In one order, whoever saves: of two that have an agent in common one comes first, and the other sees it at the first of them.
    const changes = new Map<string, Agent | undefined>(deletedAgents.map((id) => [id, undefined]));
    for (const agent of agents) changes.set(agent.id, agent);
    const noted: string[] = [];
    for (const id of [...changes.keys()].sort()) {
      if (await this.#prepareOne(batch, id, changes.get(id))) {
        noted.push(id);
        continue;
      }
      for (const one of noted) await this.#heads.conclude(one, batch, 'given-up');
      return false;
    }
    return true;
  }

  async conclude(batch: string, { agents, deletedAgents }: AgentChanges): Promise<void> {
    const ids = [...agents.map(({ id }) => id), ...deletedAgents];
    await Promise.all(ids.map((id) => this.#heads.conclude(id, batch)));
  }

  /** Nobody sees it yet. False: the version is another by now. */
  async #prepareOne(batch: string, id: string, agent: Agent | undefined): Promise<boolean> {
    for (;;) {
      const head = await this.#heads.decided(id);
      const { versions, deleted } = head.document;
      if (agent === undefined) {
        // It is deleted already, or never was.
        if (versions.length <= deleted) return true;
        if (await this.#heads.put(id, { ...head.document, prepared: { batch } }, head.revision)) return true;
        continue;
      }
      if (agent.version !== versions.length + 1) return false;
      if (await this.#add(head, agent, batch)) return true;
    }
  }

  /** Adds the next version, or prepares it. False: somebody else has changed the agent meanwhile. */
  async #add({ document, revision }: ReadHead, agent: Agent, batch?: string): Promise<boolean> {
    const version = `agent-version/${agent.id}/${agent.version}-${randomUUID()}`;
    await this.#records.put(version, storableJson(agent), 0);
    if (document.versions.length === 0) await this.#records.addToList(LIST, agent.id);
    const prepared: AgentHead = { ...document, prepared: { batch: batch ?? '', version } };
    const head = batch === undefined ? withPrepared(prepared) : prepared;
    if (await this.#heads.put(agent.id, head, revision)) return true;
    await this.#records.remove([version]);
    return false;
  }

  async #find(
    ids: readonly VersionedId[],
    how: { readonly deletedToo: boolean },
  ): Promise<readonly (Agent | undefined)[]> {
    const heads = await this.#heads.seen(ids.map(({ id }) => id));
    const keys = ids.map(({ id, version }) => versionKeyOf(heads.get(id) ?? NO_HEAD, version, how));
    const wanted = [...new Set(keys.filter((key) => key !== undefined))];
    const found = await readRecords<Agent>(this.#records, wanted);
    const byKey = new Map(wanted.map((key, index) => [key, found[index]?.document]));
    return keys.map((key) => (key === undefined ? undefined : byKey.get(key)));
  }

  async #versionAt(key: string | undefined): Promise<Agent | undefined> {
    return key === undefined ? undefined : (await readRecords<Agent>(this.#records, [key]))[0]?.document;
  }
}
