import { setTimeout } from 'node:timers/promises';

import { notFound } from '../../core/errors.js';
import type { JsonObject } from '../../core/json/json.js';
import type { ApiClient } from '../api-client.js';
import type { ClientParts } from '../run-client.js';

/** A token as commands show it. */
export interface ShownToken {
  readonly id: string;
  readonly workflowId: string;
  readonly workflowVersion: number;
  readonly place: string;
  readonly status: string;
  readonly data: JsonObject;
  readonly pending: { readonly transitionId: string; readonly executionId: string } | null;
  readonly incident: { readonly code: string; readonly message: string; readonly executionId: string | null } | null;
  readonly transitions: readonly {
    readonly transition: { readonly id: string; readonly toPlace: string; readonly trigger: string };
    readonly canFire: boolean;
    readonly blockers: readonly { readonly code: string; readonly message: string }[];
  }[];
  readonly history: readonly {
    readonly transition: string | null;
    readonly fromPlace: string;
    readonly toPlace: string;
    readonly note: string | null;
  }[];
}

const LOOK_AGAIN_MS = 100;

const TOKEN = `query ($id: String!) {
  token(id: $id) {
    id workflowId workflowVersion place status data createdAt updatedAt
    pending { transitionId executionId }
    incident { code message executionId }
    transitions { transition { id toPlace trigger } canFire blockers { code message } }
    history { transition fromPlace toPlace timestamp note }
  }
}`;

/** A token as it is now. Throws NOT_FOUND. */
export async function readToken(api: Pick<ApiClient, 'query'>, id: string): Promise<ShownToken> {
  const { token } = await api.query<{ readonly token: ShownToken | null }>(TOKEN, { id });
  if (token === null) throw notFound('token', id);
  return token;
}

/** A token once it waits or has ended: no agent works for it that it would move by. Throws NOT_FOUND, and the reason of `ending`. */
export async function settledToken(
  { api, ending }: { readonly api: Pick<ApiClient, 'query'> } & Pick<ClientParts, 'ending'>,
  id: string,
): Promise<ShownToken> {
  for (;;) {
    const token = await readToken(api, id);
    if (token.pending === null) return token;
    await setTimeout(LOOK_AGAIN_MS, undefined, { signal: ending });
  }
}

/** The places that a token came through, with what led from one to the next. */
export function pathOf({ place, history }: Pick<ShownToken, 'place' | 'history'>): string {
  const moves = history.map(({ transition, toPlace, note }) => {
    const remark = transition === null || note === null ? '' : ` (${note})`;
    return ` ─ ${transition ?? note ?? ''}${remark} → ${toPlace}`;
  });
  return `${history[0]?.fromPlace ?? place}${moves.join('')}`;
}

/** Where a token is, and what keeps it there. */
export function tokenLines(token: ShownToken): readonly string[] {
  const { id, workflowId, workflowVersion, place, status, pending, incident } = token;
  return [
    `Token     ${id} of ${workflowId} version ${workflowVersion}`,
    `Place     ${place} (${status})`,
    `Path      ${pathOf(token)}`,
    ...(pending === null ? [] : [`Pending   ${pending.transitionId}, by execution ${pending.executionId}`]),
    ...(incident === null ? [] : incidentLines(id, incident)),
    ...waysOut(token),
  ];
}

function incidentLines(id: string, { code, message }: NonNullable<ShownToken['incident']>): readonly string[] {
  return [`Incident  ${code}: ${message}`, `          Once that is mended: circuit-breaker retry ${id}`];
}

/** The transitions out of its place, with what blocks each. */
export function waysOut({ transitions }: ShownToken): readonly string[] {
  return transitions.flatMap(({ transition: { id, toPlace, trigger }, canFire, blockers }) => [
    `  ${id} → ${toPlace}, ${trigger}${canFire ? ': can fire' : ''}`,
    ...blockers.map(({ code, message }) => `    ${code} ${message}`),
  ]);
}
