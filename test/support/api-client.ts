import { setTimeout as delay } from 'node:timers/promises';

/** Runs a GraphQL operation over HTTP and gives its data; throws with the whole answer when it has errors. */
export async function graphql<Data>(address: string, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: Data; errors?: unknown };
  if (body.errors !== undefined || body.data === undefined) throw new Error(JSON.stringify(body));
  return body.data;
}

interface TokenView {
  readonly place: string;
  readonly status: string;
  readonly version: number;
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly pending: { readonly executionId: string } | null;
  readonly incident: { readonly code: string } | null;
  readonly history: readonly { readonly transition: string }[];
}

const TOKEN = `query ($id: String!) {
  token(id: $id) {
    place status version data metadata pending { executionId } incident { code } history { transition }
  }
}`;

/** The token when no agent of its is running any more. */
export async function settledToken(address: string, id: string): Promise<TokenView> {
  for (;;) {
    const { token } = await graphql<{ token: TokenView }>(address, TOKEN, { id });
    if (token.pending === null) return token;
    await delay(50);
  }
}

export interface ExecutionView {
  readonly status: string;
  readonly finalResponse: string | null;
  readonly errorCode: string | null;
  readonly attempts: readonly { readonly outcome: string; readonly errorCode: string | null }[];
}

export async function execution(address: string, id: string): Promise<ExecutionView> {
  const query =
    'query ($id: String!) { agentExecution(id: $id) { status finalResponse errorCode attempts { outcome errorCode } } }';
  return (await graphql<{ agentExecution: ExecutionView }>(address, query, { id })).agentExecution;
}

export async function createAgent(address: string, input: object): Promise<void> {
  await graphql(address, 'mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', { input });
}

export async function createWorkflow(address: string, input: object): Promise<void> {
  await graphql(address, 'mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }', {
    input,
  });
}

export async function createToken(address: string, input: object): Promise<string> {
  const query = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }';
  return (await graphql<{ createToken: { id: string } }>(address, query, { input })).createToken.id;
}

export async function fire(address: string, input: object): Promise<string> {
  const query = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }';
  return (await graphql<{ fireTransition: { executionId: string } }>(address, query, { input })).fireTransition
    .executionId;
}
