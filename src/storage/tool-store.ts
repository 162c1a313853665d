import type { ToolOffer } from '../core/agents/tool-offer.js';
import type { SeenToolServer, ToolServer } from '../core/agents/tool-server.js';
import type { ToolApproval } from '../core/executions/tool-approval.js';
import type { ToolCallPlace, ToolOutcome } from '../core/executions/tool-call.js';
import type { Page, PageRequest } from './page.js';
import type { WorkflowLimit } from './workflow-limit.js';

/** What is known of a call of a tool. */
export interface StoredToolCall {
  /** How many attempts have begun. */
  readonly attempts: number;
  /** Absent: none of them has ended, as far as is known. */
  readonly outcome?: ToolOutcome;
}

/** The MCP servers of one worker. */
export interface WorkerServers {
  /** The process: another one after every start. */
  readonly worker: string;
  readonly servers: readonly ToolServer[];
  /** RFC 3339, as the other. */
  readonly at: string;
  readonly forgetBefore: string;
}

/** What the workers offer, and the calls of it. */
export interface ToolStore {
  /** Says that these tools are there at a time (RFC 3339), and forgets those of which that was last said before another. */
  offer(tools: readonly ToolOffer[], at: string, forgetBefore: string): Promise<void>;
  /** Forgets tools, by name, that nobody has any more. */
  withdraw(names: readonly string[]): Promise<void>;
  /** Keeps how the MCP servers of a worker are, and forgets those of any worker of which that was last said before a time. */
  keepServers(servers: WorkerServers): Promise<void>;
  /** As each worker saw its own last: by name, and then by worker. */
  servers(): Promise<readonly SeenToolServer[]>;
  /** By name. */
  offers(): Promise<readonly ToolOffer[]>;
  /** Notes that an attempt at a call begins. To begin the same attempt again counts once, until another one has begun. */
  beginCall(place: ToolCallPlace, attempt: string): Promise<StoredToolCall>;
  /** Keeps the outcome of a call that has begun. The first one stays; it is what comes back. */
  endCall(place: ToolCallPlace, outcome: ToolOutcome): Promise<ToolOutcome>;
  /**
   * Keeps what a person is asked about a call, or has said: the newest by its times stays, and of one time the decided one. A
   * workflow task that was lost may have stored what never happened.
   */
  storeApproval(approval: ToolApproval): Promise<void>;
  /** For each execution the calls that people were asked about, in the order of the calls. */
  approvals(executionIds: readonly string[]): Promise<readonly (readonly ToolApproval[])[]>;
  /** The calls that wait for a person, of executions that have not ended: who waits longest comes first. */
  listWaiting(page: PageRequest, limit?: WorkflowLimit): Promise<Page<ToolApproval>>;
  /** The outcomes of the calls of a turn, by their index; of those without one nothing. */
  outcomes(executionId: string, turn: number): Promise<ReadonlyMap<number, ToolOutcome>>;
}
