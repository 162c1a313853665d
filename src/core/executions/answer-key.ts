import { canonicalJson, type JsonObject, type JsonValue } from '../json/json.js';
import type { LlmProvider } from '../agents/agent.js';
import type { Picture } from './picture.js';
import type { ModelRequest, RequestMessage } from './turn.js';

/** Another one for whatever changes what a key is made of. */
const VERSION = 1;

export interface AskedFor {
  readonly request: ModelRequest;
  /** What the answer has to fit, also where the provider is not asked for it. */
  readonly schema: JsonObject | undefined;
  /** Among whom answers are shared. */
  readonly sharers: string;
  /** Tells apart, in little space, what takes megabytes. */
  readonly digest: (text: string) => string;
}

/**
 * The text whose hash is the key of an answer: equal for two calls exactly where the same model is asked the very same in the same way,
 * for those who share. How long a call may take, and for whom it is made, change no answer. No secret is part of it: a provider has none.
 */
export function answerKeyText({ request, schema, sharers, digest }: AskedFor): string {
  const { provider, llmConfig, messages, tools, outputSchema, strictParameters } = request;
  const said = messages.map((message) => saidIn(message, digest));
  const asked = {
    provider: answering(provider),
    llmConfig,
    messages: said,
    tools,
    outputSchema,
    schema,
    strictParameters,
  };
  return canonicalJson(present({ version: VERSION, sharers, ...asked }));
}

/** Without what changes only the bill. */
function answering({ options, ...provider }: LlmProvider): LlmProvider {
  const { promptCaching: _billed, ...others } = options;
  return { ...provider, options: others };
}

/** Without the marks of its conversation: when it was said, and by which execution. */
function saidIn(message: RequestMessage, digest: AskedFor['digest']): JsonObject {
  const { role, content, toolCalls, toolCallId, providerState, pictures } = message;
  const seen = pictures?.map((picture) => seenIn(picture, digest));
  return present({ role, content, toolCalls, toolCallId, providerState, pictures: seen });
}

function seenIn(picture: Picture, digest: AskedFor['digest']): JsonObject {
  return picture.type === 'inline' ? { ...picture, data: digest(picture.data) } : picture;
}

/** Of values that are JSON, or absent. */
function present(members: Readonly<Record<string, unknown>>): JsonObject {
  const there = Object.entries(members).filter((member): member is [string, JsonValue] => member[1] !== undefined);
  return Object.fromEntries(there);
}
