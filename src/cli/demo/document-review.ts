import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openDirectory } from '../../compose/open-directory.js';
import type { ProcessParts } from '../../compose/run-process.js';
import { createToken } from '../operator/token-mutations.js';
import { followExecution } from '../operator/follow-execution.js';
import { settledToken } from '../operator/token-view.js';
import { chooseModel, introduceModel } from './choose-model.js';
import { fireAgent, printOutcome } from './demo-token.js';
import { exampleFolder, installExample } from './example.js';
import { documentType, readDocument } from './read-document.js';
import { findOrStart } from './running-server.js';

const FOLDER = exampleFolder('document-review');
const DEFAULT_DOCUMENT = fileURLToPath(new URL('documents/travel-policy.md', FOLDER));

export interface DemoOptions {
  readonly file?: string;
  readonly model?: string;
}

/** The main job: sends a document through review and shows what happens, starting what does not run yet. */
export async function reviewDocument(
  parts: ProcessParts,
  { file = DEFAULT_DOCUMENT, model: wanted }: DemoOptions,
): Promise<void> {
  const { config, say, print, ending } = parts;
  const content = await readDocument(file);
  const model = await chooseModel(config.providers, openDirectory(parts), {
    ...(wanted === undefined ? {} : { model: wanted }),
    script: () => [scriptedReview(basename(file))],
  });
  say(`Circuit Breaker reviews ${file}`);
  introduceModel(model, say);
  const server = await findOrStart(parts);
  const { api } = server;
  await installExample(api, FOLDER, model);
  const metadata = { type: documentType(file), priority: 'normal' };
  const token = await createToken(api, { workflowId: 'document_review', data: { content }, metadata });
  say(`\nToken ${token.id} is in "${token.place}". Firing ai_review: the agent answers …\n`);
  const executionId = await fireAgent(api, token.id, 'ai_review');
  await followExecution({ api, print }, executionId);
  printOutcome(await settledToken({ api, ending }, token.id), server, say);
}

/** For the documents that ship with the example; every other one is sent back. */
function scriptedReview(documentName: string): string {
  const answers = JSON.parse(readFileSync(new URL('mock-answers.json', FOLDER), 'utf8')) as Readonly<
    Record<string, unknown>
  >;
  return JSON.stringify(Object.hasOwn(answers, documentName) ? answers[documentName] : answers['otherwise'], null, 2);
}
