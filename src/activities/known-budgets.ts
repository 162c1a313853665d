import type { Budget } from '../core/agents/budget.js';
import type { BudgetedCall } from '../core/executions/budget-limit.js';
import type { Storage } from '../storage/storage.js';

/** How long a budget that was changed may not be known yet. One that refuses a call is always looked up first. */
const KNOWN_FOR_MS = 5000;
const REMEMBERED = 1000;

interface Known {
  readonly since: number;
  readonly found: Promise<{ readonly budget?: Budget }>;
}

type Owners = Pick<BudgetedCall, 'agent' | 'workflow'>;

/** The budgets of agents and workflows, by their newest versions. Of each one look-up in five seconds, however many calls ask. */
export class KnownBudgets {
  readonly #storage: Pick<Storage, 'agents' | 'workflows'>;
  /** Oldest first. */
  readonly #known = new Map<string, Known>();

  constructor(storage: Pick<Storage, 'agents' | 'workflows'>) {
    this.#storage = storage;
  }

  /** Throws UNAVAILABLE while storage is away. What was deleted has no budget. */
  async of(
    { agentId, workflowId }: { readonly agentId: string; readonly workflowId?: string },
    { isFresh }: { readonly isFresh: boolean },
  ): Promise<Owners> {
    const { agents, workflows } = this.#storage;
    const ofAgent = this.#look(`agent ${agentId}`, isFresh, () => agents.get(agentId));
    if (workflowId === undefined) return { agent: { id: agentId, ...(await ofAgent) } };
    const ofWorkflow = this.#look(`workflow ${workflowId}`, isFresh, async () => {
      return (await workflows.get(workflowId))?.definition;
    });
    const [agent, workflow] = await Promise.all([ofAgent, ofWorkflow]);
    return { agent: { id: agentId, ...agent }, workflow: { id: workflowId, ...workflow } };
  }

  #look(
    key: string,
    isFresh: boolean,
    read: () => Promise<{ readonly budget?: Budget } | undefined>,
  ): Promise<{ readonly budget?: Budget }> {
    const since = performance.now();
    const known = isFresh ? undefined : this.#known.get(key);
    if (known !== undefined && since - known.since < KNOWN_FOR_MS) return known.found;
    const found = read().then((owner) => (owner?.budget === undefined ? {} : { budget: owner.budget }));
    this.#known.delete(key);
    this.#known.set(key, { since, found });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > REMEMBERED) this.#known.delete(oldest);
    // Nobody is to wait for storage because it was away a moment ago.
    found.catch(() => this.#known.delete(key));
    return found;
  }
}
