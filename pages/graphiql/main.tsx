import 'graphiql/style.css';
import './page.css';
import './workers/start-workers.js';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import type { ComponentProps } from 'react';
import { createRoot } from 'react-dom/client';

import agent from '../../examples/document-review/agent.json';
import travelPolicy from '../../examples/document-review/documents/travel-policy.md';
import mockAnswers from '../../examples/document-review/mock-answers.json';
import workflow from '../../examples/document-review/workflow.json';
import { fetchShown } from './fetch-shown.js';
import { reviewTabs } from './review-tabs.js';

/** Beside this page, wherever a proxy has put it. */
const endpoint = new URL('graphql', document.baseURI);
const sockets = new URL(endpoint.href.replace(/^http/, 'ws'));

/** What our scalars are, for the editor of variables. */
const SCALARS = {
  JSON: { type: ['object', 'array', 'string', 'number', 'boolean'] },
  Rule: { type: 'object' },
  JSONSchema: { type: 'object' },
  StringMap: { type: 'object', additionalProperties: { type: 'string' } },
} satisfies ComponentProps<typeof GraphiQL>['customScalarSchemas'];

/** Whether the demo, or somebody, has saved the review. Where nobody answers, the page opens all the same. */
async function isReviewSaved(): Promise<boolean> {
  const query = `{ agent(id: "${agent.id}") { id } workflow(id: "${workflow.id}") { id } }`;
  const headers = { 'content-type': 'application/json' };
  try {
    const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query }) });
    const { data } = (await response.json()) as { data?: { agent: object | null; workflow: object | null } };
    return data?.agent != null && data.workflow != null;
  } catch {
    return false;
  }
}

const tokenId = `document-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? '1'}`;
const example = { agent, workflow, document: travelPolicy, mockAnswer: mockAnswers['travel-policy.md'] };
const tabs = reviewTabs(example, { isSaved: await isReviewSaved(), tokenId });
/** GraphiQL remembers its tabs; only before it does, the first one has to be filled in besides. */
const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;
const firstVariables = isFirstVisit && tabs[0] !== undefined ? { initialVariables: tabs[0].variables } : {};

const wsClient = createClient({ url: sockets.href });
const fetcher = fetchShown(createGraphiQLFetcher({ url: endpoint.href, wsClient }));
const root = document.querySelector('#page');
if (root !== null) {
  createRoot(root).render(
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={[...tabs]}
      defaultEditorToolsVisibility="variables"
      customScalarSchemas={SCALARS}
      {...firstVariables}
    >
      <GraphiQL.Logo>
        <a className="front-page-link" href="." title="What runs here">
          Circuit Breaker
        </a>
      </GraphiQL.Logo>
    </GraphiQL>,
  );
}
