import type { PlaceAgent } from '../core/definitions/definition.js';
import type { WorkflowLimit } from './workflow-limit.js';

/** A place agent that was added to a workflow after its definition was saved: it applies to every version. */
export interface AddedPlaceAgent extends PlaceAgent {
  readonly workflowId: string;
  readonly createdAt: string;
}

export interface PlaceAgentFilter extends WorkflowLimit {
  readonly workflowId?: string;
  readonly placeId?: string;
  readonly agentId?: string;
}

export interface PlaceAgentPage {
  readonly first: number;
  readonly after?: Pick<AddedPlaceAgent, 'createdAt' | 'id'>;
}

/** A workflow whose tokens have still to be told that its place agents, or its rollouts, are others now. */
export interface PlaceAgentChange {
  readonly workflowId: string;
  /** Grows with every such change. */
  readonly revision: number;
}

/** Place agents added by mutation, and which workflows' tokens do not know of them, or of rollouts, yet. */
export interface PlaceAgentStore {
  /**
   * Adds one, and notes in the same step that the tokens of its workflow have to be told. When the id is there already,
   * nothing is written and what is stored comes back.
   */
  create(agent: AddedPlaceAgent): Promise<AddedPlaceAgent>;
  /**
   * Removes one, and notes in the same step that the tokens of its workflow have to be told. False when there is none.
   */
  delete(id: string): Promise<boolean>;
  get(id: string): Promise<AddedPlaceAgent | undefined>;
  /** Oldest first by (createdAt, id). `after` is the one that the page before ended with. */
  list(filter: PlaceAgentFilter, page: PlaceAgentPage): Promise<readonly AddedPlaceAgent[]>;
  /** Those of a workflow, oldest first: no more than a definition may hold. */
  listForWorkflow(workflowId: string): Promise<readonly AddedPlaceAgent[]>;
  /** The same of each workflow, in the order of the workflows, which may repeat. */
  listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly AddedPlaceAgent[])[]>;
  /** What tokens have not been told. */
  listChanges(): Promise<readonly PlaceAgentChange[]>;
  /** Every token has been told of this change; a later one stays. */
  settleChange(change: PlaceAgentChange): Promise<void>;
}
