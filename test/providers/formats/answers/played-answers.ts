import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll } from 'vitest';
import type { Dispatcher } from 'undici';
import type { LlmProvider } from '../../../../src/core/agents/agent.js';
import { ModelError } from '../../../../src/core/executions/model-error.js';
import type { ModelEvent, ModelFinish, ModelRequest } from '../../../../src/core/executions/turn.js';
import { createDispatcher } from '../../../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../../../src/providers/create-language-model.js';
import { startFaultServer, type FaultServer } from '../../../support/fault-server.js';
import { aRequest } from '../../../support/model-request.js';
import { schemasInThisThread } from '../../../support/schemas.js';
import type { WireUnderTest } from '../contract/wire-under-test.js';
import { THIS_MACHINE } from '../../../support/this-machine.js';

/** An answer as it goes over the wire. */
export interface PlayedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** In pieces, each written when the one before is on its way. */
  readonly body: string | Buffer | readonly (string | Buffer)[];
  /** Between two pieces. */
  readonly pauseMs?: number;
  /** The connection is reset behind the body. */
  readonly breaks?: boolean;
}

/** What came of a call. */
export interface Outcome {
  readonly text: string;
  readonly reasoning: string;
  readonly events: readonly ModelEvent[];
  readonly finish?: ModelFinish;
  readonly error?: ModelError;
  /** Bodies of the requests that were made. */
  readonly bodies: readonly unknown[];
  readonly headers: readonly IncomingHttpHeaders[];
}

export type Ask = (
  wire: WireUnderTest,
  answers: PlayedAnswer | readonly PlayedAnswer[],
  fields?: Omit<Partial<ModelRequest>, 'provider'> & { readonly provider?: Partial<LlmProvider> },
) => Promise<Outcome>;

/** A server that gives the answers in their order, the last one again and again, and a model that asks it. */
export function playedAnswers(): Ask {
  let server: FaultServer;
  let dispatcher: Dispatcher;
  beforeAll(async () => {
    server = await startFaultServer();
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
  });
  afterAll(async () => {
    await dispatcher.destroy();
    await server.stop();
  });
  return async (wire, answers, { provider, ...fields } = {}) => {
    const left = Array.isArray(answers) ? [...(answers as readonly PlayedAnswer[])] : [answers as PlayedAnswer];
    const before = server.bodies.length;
    server.behave((_, response) => {
      const {
        status = 200,
        headers = {},
        body,
        breaks = false,
        pauseMs = 0,
      } = (left.length > 1 ? left.shift() : left[0]) ?? { body: '' };
      response.writeHead(status, { 'content-type': wire.contentType, ...headers });
      const parts = [body].flat();
      const next = (): void => {
        const part = parts.shift();
        if (part !== undefined) response.write(part, () => setTimeout(next, pauseMs));
        else if (breaks) response.socket?.resetAndDestroy();
        else response.end();
      };
      next();
    });
    const model = createLanguageModel({
      credentials: { accounts: {}, named: new Map(), secrets: [] },
      dispatcher,
      schemas: schemasInThisThread,
    });
    const outcome = await outcomeOf(
      model.stream(
        aRequest({ ...fields, provider: wire.provider(server.root, provider) }),
        new AbortController().signal,
      ),
    );
    return { ...outcome, bodies: server.bodies.slice(before), headers: server.headers.slice(before) };
  };
}

export async function outcomeOf(stream: AsyncIterable<ModelEvent>): Promise<Omit<Outcome, 'bodies' | 'headers'>> {
  const events: ModelEvent[] = [];
  let error: ModelError | undefined;
  try {
    for await (const event of stream) events.push(event);
  } catch (caught) {
    if (!(caught instanceof ModelError)) throw caught;
    error = caught;
  }
  const said = (type: 'text' | 'reasoning') => events.map((event) => (event.type === type ? event.text : '')).join('');
  const last = events.at(-1);
  return {
    text: said('text'),
    reasoning: said('reasoning'),
    events,
    ...(last?.type === 'finish' ? { finish: last.finish } : {}),
    ...(error === undefined ? {} : { error }),
  };
}
