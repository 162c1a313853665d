import { Agent } from 'undici';

import { ModelError } from '../../src/core/executions/model-error.js';
import type { ModelEvent, ModelFinish, ModelRequest } from '../../src/core/executions/turn.js';
import { AnswerReader } from '../../src/providers/answer/answer-reader.js';
import { readEventData } from '../../src/providers/connection/event-stream.js';
import { GuardedCall } from '../../src/providers/connection/guarded-call.js';
import { readJsonLines } from '../../src/providers/connection/json-lines.js';
import { resolveEndpoints } from '../../src/providers/keys/endpoint.js';
import { wireFormatOf } from '../../src/providers/wire-formats.js';
import type { WireUnderTest } from '../providers/formats/contract/wire-under-test.js';
import { aRequest } from './model-request.js';

/** What became of a body: a finish, or the error that the call ends with. */
export interface ReadAnswer {
  readonly text: string;
  readonly events: readonly ModelEvent[];
  readonly finish?: ModelFinish;
  readonly error?: ModelError;
}

const CREDENTIALS = { accounts: {}, named: new Map(), secrets: [] };
/** Never used: the body is here. */
const NETWORK = new Agent();
const HOUR_MS = 3_600_000;

/** Reads a body as a call reads it that came over the network. Rejects with what is no error of a call: a defect. */
export async function readAnswer(
  wire: WireUnderTest,
  body: Iterable<Uint8Array>,
  fields: Partial<ModelRequest> = {},
): Promise<ReadAnswer> {
  const request = aRequest({ ...fields, provider: wire.provider('http://127.0.0.1:9') });
  const [endpoint] = resolveEndpoints(request.provider, CREDENTIALS);
  const format = wireFormatOf(request.provider, endpoint.baseUrl);
  const call = new GuardedCall({
    dispatcher: NETWORK,
    signal: new AbortController().signal,
    limits: { totalMs: HOUR_MS, firstByteMs: HOUR_MS, idleMs: HOUR_MS },
    headers: {},
    secrets: [],
    classify: ({ text }) => new ModelError('server', text),
  });
  const context = { model: 'test-model', keySource: 'the key', secrets: [], prompts: [], sent: () => ({}) };
  const reader = new AnswerReader(request, format.call(request), { call, endpoint, context, format });
  const frames = format.framing === 'event-stream' ? readEventData : readJsonLines;
  const events: ModelEvent[] = [];
  const outcome = async (): Promise<Pick<ReadAnswer, 'error'>> => {
    try {
      for await (const batch of frames(body)) {
        for (const frame of batch) for (const event of reader.take(frame)) events.push(event);
        if (reader.isOver) return {};
      }
      for (const event of reader.end()) events.push(event);
      return {};
    } catch (error) {
      if (error instanceof ModelError) return { error };
      throw error;
    } finally {
      call.close();
    }
  };
  const ended = await outcome();
  const last = events.at(-1);
  return {
    text: events.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    events,
    ...(last?.type === 'finish' ? { finish: last.finish } : {}),
    ...ended,
  };
}
