import { setTimeout as delay } from 'node:timers/promises';

import { LRUCache } from 'lru-cache';

import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import type { Token } from '../core/tokens/token.js';
import { settledToken, type SettlingParts } from '../operations/settle-token.js';
import { pagesOf } from '../storage/pages.js';
import type { Storage } from '../storage/storage.js';
import type { KeptByTemporal } from '../temporal/kept-by-temporal.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';
import { inBatches, someAtOnce, unseen } from './batches.js';
import {
  definitionDisagreement,
  isConfirmed,
  TOKEN_REMEDIES,
  tokenDisagreement,
  type Remedy,
  type Standing,
  type TemporalStanding,
  type TokenDisagreement,
  type TokenViews,
} from './disagreement.js';

export interface ComparisonParts extends SettlingParts {
  readonly storage: Pick<Storage, 'executions' | 'placeAgents' | 'tokens' | 'workflows'>;
  readonly temporal: Pick<TemporalGateway, 'cancelExecution' | 'closeOf' | 'tellPlaceAgentsChanged'>;
  readonly kept: Pick<KeptByTemporal, 'executionIds' | 'executionOf' | 'tokenIds' | 'tokenOf'>;
  /** A record of something that happens at this moment is stored by then. */
  readonly patienceMs: number;
  /** Aborted when the process ends. */
  readonly signal: AbortSignal;
  /** Of a token or an execution that could not be compared; the others are. What it throws ends the comparison. */
  readonly onFailure: (id: string, error: unknown) => void;
  /** So many more were looked at. */
  readonly onProgress?: (count: number) => void;
}

export interface TokenFinding extends TokenViews {
  readonly type: 'token';
  readonly id: string;
  readonly disagreement: TokenDisagreement;
  readonly remedy: Remedy;
}

const DEFINITIONS_REMEMBERED = 200;

/** Compares tokens of storage with what Temporal has of them: each once, however often its id comes. */
export class TokenComparison {
  readonly #parts: ComparisonParts;
  readonly #workflowId: string | undefined;
  readonly #seen = new Set<string>();
  readonly #definitions = new LRUCache<string, { readonly definition: WorkflowDefinition | undefined }>({
    max: DEFINITIONS_REMEMBERED,
  });
  /** Of active tokens, those that Temporal knows, and those that it does not. */
  known = 0;
  unknown = 0;

  constructor(parts: ComparisonParts, workflowId?: string) {
    this.#parts = parts;
    this.#workflowId = workflowId;
  }

  get seen(): number {
    return this.#seen.size;
  }

  /** What they disagree on, when it is no change that was on its way. */
  async *all(ids: AsyncIterable<string>): AsyncGenerator<TokenFinding> {
    const { patienceMs, signal } = this.#parts;
    for await (const batch of inBatches(unseen(ids, this.#seen))) {
      signal.throwIfAborted();
      const suspects: { readonly id: string; readonly first: TokenViews }[] = [];
      await someAtOnce(batch, async (id) => {
        const first = await this.#look(id);
        if (first !== undefined && (await this.#disagreement(first)) !== undefined) suspects.push({ id, first });
        this.#count(first);
      });
      this.#parts.onProgress?.(batch.length);
      if (suspects.length === 0) continue;
      await delay(patienceMs, undefined, { signal, ref: false });
      for (const { id, first } of suspects) {
        const found = await this.#confirmed(id, first);
        if (found !== undefined) yield found;
      }
    }
  }

  async #confirmed(id: string, first: TokenViews): Promise<TokenFinding | undefined> {
    const later = await this.#look(id);
    if (later === undefined) return undefined;
    const disagreement = await this.#disagreement(later);
    if (disagreement === undefined || disagreement !== (await this.#disagreement(first))) return undefined;
    if (tokenDisagreement(later) !== undefined && !isConfirmed(first, later)) return undefined;
    return { type: 'token', id, ...later, disagreement, remedy: TOKEN_REMEDIES[disagreement] };
  }

  async #disagreement(views: TokenViews): Promise<TokenDisagreement | undefined> {
    const found = tokenDisagreement(views);
    if (found !== undefined || views.temporal.type !== 'kept' || views.stored?.status !== 'ACTIVE') return found;
    return definitionDisagreement(views, await this.#definitionOf(views.temporal.token));
  }

  #count(views: TokenViews | undefined): void {
    if (views?.stored?.status !== 'ACTIVE') return;
    if (views.temporal.type === 'unknown') this.unknown += 1;
    else this.known += 1;
  }

  /** Undefined: it is of another workflow than was asked for, or could not be compared, which is said. */
  async #look(id: string): Promise<TokenViews | undefined> {
    const { storage, onFailure, signal } = this.#parts;
    try {
      // Before Temporal is asked: of the two, it is always the first to know.
      const token = await storage.tokens.get(id);
      const stored = token === undefined ? undefined : standingOf(token);
      if (this.#isOther(stored)) return undefined;
      const temporal = await this.#inTemporal(id, stored);
      return temporal.type === 'kept' && this.#isOther(temporal.token) ? undefined : { stored, temporal };
    } catch (error) {
      // The process ends: the next one compares again.
      if (!signal.aborted) onFailure(id, error);
      return undefined;
    }
  }

  #isOther(token: Standing | undefined): boolean {
    return this.#workflowId !== undefined && token !== undefined && token.workflowId !== this.#workflowId;
  }

  async #inTemporal(id: string, stored: Standing | undefined): Promise<TemporalStanding> {
    const { storage, temporal, kept } = this.#parts;
    // Of what has ended on both sides nobody asks more: a worker would have to live its history again.
    const isOver = stored !== undefined && stored.status !== 'ACTIVE';
    const live = isOver && (await temporal.closeOf('token', id)) !== 'RUNNING' ? undefined : await kept.tokenOf(id);
    if (live !== undefined) {
      const isDeleted = stored === undefined && (await storage.tokens.deletedRunOf(id)) === live.runId;
      return {
        type: 'kept',
        token: standingOf(live.token),
        placeAgents: Object.keys(live.token.placeAgentRuns),
        isDeleted,
      };
    }
    if (isOver) return { type: 'ended' };
    const close = await temporal.closeOf('token', id);
    if (close === undefined) return { type: 'unknown' };
    return close === 'RUNNING' || close === 'COMPLETED' ? { type: 'ended' } : { type: 'cut-off', close };
  }

  async #definitionOf({ workflowId, workflowVersion }: Standing): Promise<WorkflowDefinition | undefined> {
    const key = `${workflowId} ${workflowVersion}`;
    const known = this.#definitions.get(key);
    if (known !== undefined) return known.definition;
    const { storage } = this.#parts;
    const stored = await storage.workflows.get(workflowId, workflowVersion);
    const added = await storage.placeAgents.listForWorkflow(workflowId);
    const definition = stored && effectiveDefinition(stored.definition, { placeAgents: added, rollouts: [] });
    this.#definitions.set(key, { definition });
    return definition;
  }
}

/** Does what a finding's remedy says. False where it was not done: there is nothing to do, or it is not so any more. */
export async function mendToken(
  parts: ComparisonParts,
  { id, remedy }: Pick<TokenFinding, 'id' | 'remedy'>,
): Promise<boolean> {
  switch (remedy) {
    case 'leave':
      return false;
    case 'tell':
      await parts.temporal.tellPlaceAgentsChanged(id);
      return true;
    case 'terminate':
      return (await settledToken(parts, id))?.status === 'TERMINATED';
    case 'record':
      return await recordAsKept(parts, id);
  }
}

async function recordAsKept({ storage, kept }: ComparisonParts, id: string): Promise<boolean> {
  const live = await kept.tokenOf(id);
  if (live === undefined) return false;
  const before = await storage.tokens.originOf(id);
  const { token, runId, request } = live;
  const record = { token, runId, events: [], executions: [], ...(request === undefined ? {} : { request }) };
  // Refused: it was deleted, and is not to come back.
  return (await storage.tokens.record(record, before?.runId)) !== undefined;
}

/** The ids of all active tokens, the newest first. */
export async function* activeTokens(
  tokens: Pick<Storage['tokens'], 'list'>,
  workflowId?: string,
): AsyncGenerator<string> {
  const filter = { status: 'ACTIVE', ...(workflowId === undefined ? {} : { workflowId }) } as const;
  const pages = pagesOf((page) => tokens.list(filter, page), TOKENS_PER_PAGE);
  for await (const some of pages) yield* some.map(({ id }) => id);
}

/** Each may take half a megabyte. */
const TOKENS_PER_PAGE = 20;

function standingOf(token: Token): Standing {
  const { workflowId, workflowVersion, place, status, version, updatedAt } = token;
  return { workflowId, workflowVersion, place, status, version, updatedAt };
}
