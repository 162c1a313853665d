import type { JsonValue } from '../../core/json/json.js';
import type { CommandRequest } from '../command.js';
import { printList, type Listed, type ListShape } from '../operator/print-list.js';
import { pageSize } from '../operator/page-size.js';
import { runClient } from '../run-client.js';

const TOKENS = `query ($workflowId: String, $place: String, $status: TokenStatus, $hasIncident: Boolean, $first: Int!) {
  tokens(workflowId: $workflowId, place: $place, status: $status, hasIncident: $hasIncident, first: $first) {
    nodes {
      id workflowId workflowVersion place status updatedAt
      pending { transitionId executionId }
      incident { code message executionId since }
    }
    pageInfo { hasNextPage }
  }
}`;

type Row = Readonly<Record<string, JsonValue>> & {
  readonly incident: { readonly code: string; readonly message: string; readonly since: string } | null;
};

/** The newest tokens first. */
export async function tokens(request: CommandRequest): Promise<void> {
  await list(request, {
    what: 'tokens',
    columns: ['TOKEN', 'WORKFLOW', 'PLACE', 'STATUS', 'UPDATED', 'INCIDENT'],
    cells: ({ id, workflowId, place, status, updatedAt, incident }: Row) => [
      ...[id, workflowId, place, status, updatedAt].map((cell = null) => cell),
      incident?.code ?? null,
    ],
  });
}

/** Tokens that are stuck, with what happened. */
export async function incidents(request: CommandRequest): Promise<void> {
  await list(
    request,
    {
      what: 'incidents',
      columns: ['TOKEN', 'WORKFLOW', 'PLACE', 'SINCE', 'CODE', 'MESSAGE'],
      cells: ({ id, workflowId, place, incident }: Row) => [
        ...[id, workflowId, place].map((cell = null) => cell),
        ...(incident === null ? [] : [incident.since, incident.code, incident.message]),
      ],
    },
    { hasIncident: true },
  );
}

async function list(
  request: CommandRequest,
  shape: ListShape<Row>,
  filter: { readonly hasIncident?: boolean } = {},
): Promise<void> {
  const { workflow: workflowId, place, status, first } = request.options;
  await runClient(request, async (parts) => {
    const variables = { workflowId, place, status, ...filter, first: pageSize(first) };
    const { tokens: found } = await parts.api.query<{ tokens: Listed<Row> }>(TOKENS, variables);
    printList({ ...parts, json: request.flags.has('json') }, found, shape);
    return 0;
  });
}
