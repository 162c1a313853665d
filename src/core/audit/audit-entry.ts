import type { Role } from '../access/role.js';

/** How what is told came out; `refused`: it was not done, and whoever asked was told why. */
export const AUDIT_OUTCOMES = ['ok', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** What was done, and by whom. It has no prompt, no answer, no document and no secret: ids, names and codes only. */
export interface AuditEntry {
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The name of a token, the subject of a sign-on, or one of `ACTORS`. */
  readonly actor: string;
  /** Absent: whoever it was has none. */
  readonly role?: Role;
  /** The name of a mutation, or of a field that was refused; else one of `ACTIONS`. */
  readonly action: string;
  /** The id of what it was done to. */
  readonly subject?: string;
  readonly outcome: AuditOutcome;
  /** Why it was refused, or failed. */
  readonly code?: string;
  /** Of the request to us; of a model call, the one that its provider gave. */
  readonly requestId?: string;
  /** Of the caller. */
  readonly address?: string;
  /** More than one: so many of the same within a minute. */
  readonly count?: number;
}

/** Who acts, where it is nobody with a name. */
export const ACTORS = {
  /** Nobody who was let in. */
  anonymous: 'anonymous',
  /** A client of Temporal, past the API. */
  temporal: 'temporal',
  /** What goes on by itself: tokens, their agents, the sweep. */
  system: 'system',
} as const;

/** What is told besides mutations. */
export const ACTIONS = {
  /** Somebody was not let in. */
  authenticate: 'authenticate',
  /** Somebody was let in, and this address is not theirs; the subject is its path. */
  enter: 'enter',
  tokenStart: 'token.start',
  executionStart: 'execution.start',
  executionEnd: 'execution.end',
  /** One call of a model; the subject is the execution. */
  providerCall: 'provider.call',
  /** A call of a tool was approved, rejected, or nobody said anything in time; the subject is the execution. */
  approval: 'approval',
  /** Of the day's budget of an agent, or of a workflow, 80 % are spent; the subject is the agent, or the workflow. */
  agentBudget: 'agent.budget',
  workflowBudget: 'workflow.budget',
  /** All that is stored was read, to be kept elsewhere. */
  backup: 'backup',
  /** Old entries were removed; the subject is the sequence of the last of them. */
  auditExpire: 'audit.expire',
} as const;
