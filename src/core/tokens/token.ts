import type { IncidentCode } from '../codes.js';
import type { JsonObject, JsonValue } from '../json/json.js';

export type TokenStatus = 'ACTIVE' | 'COMPLETED' | 'CANCELLED' | 'TERMINATED';

/** The transition whose agent is running. */
export interface PendingTransition {
  readonly transitionId: string;
  readonly executionId: string;
  readonly since: string;
  /** The JSON Merge Patch that the fire brought; applied to the data when the transition is taken. */
  readonly patch?: JsonObject;
}

/** What keeps a token from going on by itself, until someone retries or changes it. */
export interface Incident {
  readonly code: IncidentCode;
  readonly message: string;
  readonly executionId?: string;
  readonly transitionId?: string;
  readonly placeAgentId?: string;
  readonly since: string;
  /** What the fire brought whose agent failed: a retry brings it again. */
  readonly patch?: JsonObject;
}

/** What a place agent has done since the token arrived in the place. */
export interface PlaceAgentRuns {
  /** Begun, failed ones included. */
  readonly count: number;
  /** When the next run is due; absent: there is none. */
  readonly due?: string;
  /** Of the run that is under way. */
  readonly executionId?: string;
  /** The run that is under way changes nothing. */
  readonly shadow?: true;
  /** A run has succeeded, and what it leads to was not taken yet: it is tried at every change. */
  readonly transitionDue?: true;
}

export interface HistoryEntry {
  readonly version: number;
  readonly timestamp: string;
  readonly transition?: string;
  readonly fromPlace: string;
  readonly toPlace: string;
  readonly executionId?: string;
  readonly note?: string;
}

/** One instance of a workflow. Its id is the Temporal workflow id; it is in one place at a time. */
export interface Token {
  readonly id: string;
  readonly workflowId: string;
  readonly workflowVersion: number;
  readonly place: string;
  readonly status: TokenStatus;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  /** 1 at creation, one more with every change. */
  readonly version: number;
  /** Transitions taken; survives everything. */
  readonly transitionCount: number;
  readonly pending?: PendingTransition;
  readonly incident?: Incident;
  /** By execution that runs in the shadow of a transition that was taken without it: that transition. */
  readonly shadows?: Readonly<Record<string, string>>;
  /** The newest moves, oldest first; bounded. The whole of it is in the token's events. */
  readonly history: readonly HistoryEntry[];
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Executions started so far: numbers their ids. */
  readonly executionCount: number;
  /** Moves made by itself since the last event from outside. */
  readonly automaticSteps: number;
  /** By place agent, of the place that it is in. */
  readonly placeAgentRuns: Readonly<Record<string, PlaceAgentRuns>>;
}

export type TokenEventType =
  | 'CREATED'
  | 'UPDATED'
  | 'TRANSITION_STARTED'
  | 'TRANSITION_FIRED'
  | 'TRANSITION_REFUSED'
  | 'EXECUTION_STARTED'
  | 'EXECUTION_FINISHED'
  | 'INCIDENT_RAISED'
  | 'INCIDENT_RESOLVED'
  /** It went over to another version of its workflow. */
  | 'MIGRATED'
  | 'COMPLETED'
  | 'CANCELLED'
  | 'TERMINATED'
  /** Its Temporal workflow was reset: it goes on from an earlier point, and what followed that is void. */
  | 'RESET';

/** Something that happened to a token. Storage numbers them 1, 2, 3 … within one token as they are recorded. */
export interface TokenEvent {
  readonly type: TokenEventType;
  /** The token's version after the event. */
  readonly version: number;
  readonly place: string;
  readonly transitionId?: string;
  readonly executionId?: string;
  readonly details?: JsonValue;
  readonly timestamp: string;
}
