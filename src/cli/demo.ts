import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openDirectory } from '../compose/open-directory.js';
import { REAL_MODELS } from '../compose/real-models.js';
import type { ProcessParts } from '../compose/run-process.js';
import type { Incident } from '../core/tokens/token.js';
import { AnswerView } from './answer-view.js';
import { ApiClient } from './api-client.js';
import { documentType, readDocument } from './read-document.js';
import { chooseReviewModel, type ReviewModel } from './review-agent.js';

const EXAMPLE = new URL('../../examples/document-review/', import.meta.url);
export const DEFAULT_DOCUMENT = fileURLToPath(new URL('documents/travel-policy.md', EXAMPLE));

interface DemoOptions {
  readonly file: string;
  readonly model?: string;
}

/** The main job: sends a document through review and shows what happens, starting what does not run yet. */
export async function runDemo(parts: ProcessParts, options: DemoOptions): Promise<void> {
  const { config, say } = parts;
  const content = await readDocument(options.file);
  const demo = { documentName: basename(options.file), ...options };
  const model = await chooseReviewModel(config.providers, demo, openDirectory(parts));
  say(`Circuit Breaker reviews ${options.file}`);
  introduce(model, say);
  const { api, uiUrl, startedHere } = await findOrStart(parts);
  await installExample(api, model);
  const token = await createToken(api, { content, type: documentType(options.file) });
  say(`\nToken ${token.id} is in "${token.place}". Firing ai_review: the agent answers …\n`);
  const executionId = await fire(api, token.id);
  const view = new AnswerView();
  for await (const event of api.stream(executionId)) parts.print(view.show(event));
  const { namespace } = config.temporal;
  printOutcome(await settledToken(api, token.id), { historyUrl: uiUrl && `${uiUrl}/namespaces/${namespace}`, say });
  say(startedHere ? '\nStopping what this demo started; `npm start` brings it back, with this history.' : '');
}

function introduce(model: ReviewModel, say: ProcessParts['say']): void {
  say(`Model: ${model.label}`);
  if (!model.isMock) return;
  say(`No key was found, and no Ollama with a model. For a real one ${REAL_MODELS}:`);
  say('  OPENAI_API_KEY=sk-… npm run demo');
  say('or any server that speaks the API of OpenAI: OPENAI_BASE_URL=http://localhost:8080/v1 npm run demo');
}

interface RunningServer {
  readonly api: ApiClient;
  readonly uiUrl: string | undefined;
  readonly startedHere: boolean;
}

async function findOrStart(parts: ProcessParts): Promise<RunningServer> {
  const api = ApiClient.of(parts.config, parts.ending);
  if (await api.isReady()) {
    parts.say(`Using the server that runs at ${api.address}.`);
    const { temporal } = parts.config;
    const uiUrl = temporal.address === undefined ? `http://localhost:${temporal.uiPort}` : undefined;
    return { api, uiUrl, startedHere: false };
  }
  const { runEverything } = await import('../compose/run-everything.js');
  const { uiUrl } = await runEverything(parts);
  return { api, uiUrl, startedHere: true };
}

/** Saves the example's agent and workflow; what is there already in the same form stays as it is. */
async function installExample(api: ApiClient, { provider }: ReviewModel): Promise<void> {
  const input = { ...(await readExample('agent.json')), llmProvider: provider };
  const { id } = input;
  const { agent: existing } = await api.query<{ agent: { id: string } | null }>(
    'query ($id: String!) { agent(id: $id) { id } }',
    { id },
  );
  await (existing === null
    ? api.query('mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', { input })
    : api.query('mutation ($id: String!, $input: AgentInput!) { updateAgent(id: $id, input: $input) { id } }', {
        id,
        input,
      }));
  await api.query('mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }', {
    input: await readExample('workflow.json'),
  });
}

async function readExample(name: string): Promise<{ readonly id: string }> {
  return JSON.parse(await readFile(new URL(name, EXAMPLE), 'utf8')) as { id: string };
}

async function createToken(api: ApiClient, document: { content: string; type: string }) {
  const input = {
    workflowId: 'document_review',
    data: { content: document.content },
    metadata: { type: document.type, priority: 'normal' },
  };
  const { createToken: token } = await api.query<{ createToken: { id: string; place: string } }>(
    'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id place } }',
    { input },
  );
  return token;
}

async function fire(api: ApiClient, tokenId: string): Promise<string> {
  const { fireTransition } = await api.query<{ fireTransition: { executionId: string } }>(
    'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }',
    { input: { tokenId, transitionId: 'ai_review' } },
  );
  return fireTransition.executionId;
}

interface ReviewedToken {
  readonly id: string;
  readonly place: string;
  readonly status: string;
  readonly pending: { readonly transitionId: string } | null;
  readonly incident: Pick<Incident, 'code' | 'message'> | null;
  readonly history: readonly { readonly transition: string; readonly fromPlace: string; readonly toPlace: string }[];
}

const TOKEN = `query ($id: String!) {
  token(id: $id) {
    id place status pending { transitionId } incident { code message } history { transition fromPlace toPlace }
  }
}`;

/** The token once the answer has been applied: moments after the stream ended. */
async function settledToken(api: ApiClient, id: string): Promise<ReviewedToken> {
  for (;;) {
    const { token } = await api.query<{ token: ReviewedToken }>(TOKEN, { id });
    if (token.pending === null) return token;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Audience {
  /** Of the namespace in the Temporal UI, where it is known. */
  readonly historyUrl: string | undefined;
  readonly say: ProcessParts['say'];
}

/** Where the token ended, and how. A token that is stuck makes the command fail. */
function printOutcome(token: ReviewedToken, { historyUrl, say }: Audience): void {
  const [first] = token.history;
  const path = token.history.map((entry) => ` ─ ${entry.transition} → ${entry.toPlace}`).join('');
  say(`\nOutcome:  ${token.place} (${token.status})`);
  say(`Path:     ${first?.fromPlace ?? token.place}${path}`);
  if (token.incident !== null) {
    say(`Incident: ${token.incident.code}: ${token.incident.message}`);
    process.exitCode = 1;
  }
  if (historyUrl === undefined) say(`History:  temporal workflow show --workflow-id ${token.id}`);
  else say(`History:  ${historyUrl}/workflows/${encodeURIComponent(token.id)}`);
}
