import type { JsonObject } from '../../core/json/json.js';
import type { ApiClient } from '../api-client.js';

/** Where a token is once something was done with it. */
export interface ChangedToken {
  readonly id: string;
  readonly place: string;
  readonly status: string;
}

interface NewToken {
  readonly workflowId: string;
  readonly data: JsonObject;
  readonly metadata?: JsonObject;
}

interface Fire {
  readonly tokenId: string;
  readonly transitionId: string;
  /** JSON Merge Patch of the token's. */
  readonly data?: JsonObject;
}

export interface Fired {
  /** Of the agent that works now, before the token moves; null: it has moved. */
  readonly executionId: string | null;
  readonly token: ChangedToken;
}

type Api = Pick<ApiClient, 'query'>;

const CHANGED = '{ id place status }';
const CREATE = `mutation ($input: TokenCreateInput!) { createToken(input: $input) ${CHANGED} }`;
const FIRE = `mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId token ${CHANGED} } }`;
const RETRY = `mutation ($id: String!) { retryToken(id: $id) ${CHANGED} }`;
const CANCEL = `mutation ($id: String!, $reason: String) { cancelToken(id: $id, reason: $reason) ${CHANGED} }`;

export async function createToken(api: Api, input: NewToken): Promise<ChangedToken> {
  return (await api.query<{ readonly createToken: ChangedToken }>(CREATE, { input })).createToken;
}

/** Takes a transition, or begins to. Throws the refusal, with what blocks it. */
export async function fireTransition(api: Api, input: Fire): Promise<Fired> {
  return (await api.query<{ readonly fireTransition: Fired }>(FIRE, { input })).fireTransition;
}

/** Tries again what raised the incident of a token. */
export async function retryToken(api: Api, id: string): Promise<ChangedToken> {
  return (await api.query<{ readonly retryToken: ChangedToken }>(RETRY, { id })).retryToken;
}

/** Ends a token where it is. */
export async function cancelToken(api: Api, id: string, reason: string | undefined): Promise<ChangedToken> {
  const variables = { id, ...(reason === undefined ? {} : { reason }) };
  return (await api.query<{ readonly cancelToken: ChangedToken }>(CANCEL, variables)).cancelToken;
}
