import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, ownValue, type JsonValue } from '../../core/json/json.js';
import { EXECUTION_ERROR_CODES, type ExecutionErrorCode } from '../../core/codes.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { ModelEvent, ModelRequest, ToolCall } from '../../core/executions/turn.js';
import { StopSequenceCutter } from '../answer/cut-stop-sequences.js';
import { exampleOf } from './example-of-schema.js';
import { listAt, numberAt, textAt } from '../../core/json/json-fields.js';
import type { SchemaChecker } from '../../schemas/schema-checker.js';
import type { LanguageModel } from '../language-model.js';

const DEFAULT_DELAY_MS = 100;

/**
 * Answers from a script and calls nobody: the same request gets the same answer, in any process.
 *
 * Which of `responses` it gives follows from the assistant messages that the request carries, not from a count of
 * calls: a count would be lost with the process, and a turn that is tried again would get the next turn's answer.
 */
export class MockModel implements LanguageModel {
  readonly #schemas: SchemaChecker;

  constructor(schemas: SchemaChecker) {
    this.#schemas = schemas;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    signal.throwIfAborted();
    const deadlineMs = performance.now() + request.timeoutMs;
    const options = readOptions(request);
    const cutter = new StopSequenceCutter(request.llmConfig.stopSequences ?? []);
    let sent = 0;
    const { text: whole, toolCalls } = await this.#answer(request);
    for (const chunk of splitWords(whole)) {
      if (sent === options.failAtChunk) throw scriptedFailure(options.failWith);
      await pause(Math.min(options.delayMs, deadlineMs - performance.now()), signal);
      if (performance.now() >= deadlineMs)
        throw new ModelError('timeout', 'The mock did not finish in the time it was given.');
      const text = cutter.push(chunk);
      if (text !== '') yield { type: 'text', text };
      sent += 1;
      if (cutter.stopped) break;
    }
    if (options.failAtChunk !== undefined && options.failAtChunk >= sent) throw scriptedFailure(options.failWith);
    const rest = cutter.flush();
    if (rest !== '') yield { type: 'text', text: rest };
    yield finish(request, sent, cutter.stopped ? [] : toolCalls);
  }

  async #answer(request: ModelRequest): Promise<ScriptedAnswer> {
    const responses = listAt(request.provider.options, 'responses');
    if (responses.length > 0) {
      const turn = request.messages.filter((message) => message.role === 'assistant').length;
      const response = responses[Math.min(turn, responses.length - 1)] ?? '';
      return scriptedAnswer(chosenAnswer(response, resultsOfLastTurn(request)));
    }
    const { outputSchema: schema } = request;
    if (schema === undefined) return { text: prose(request), toolCalls: [] };
    const example = exampleOf(schema);
    const text = example === undefined ? '' : JSON.stringify(example, null, 2);
    const { type } = await this.#schemas.readAnswer(text, { schema, outputs: [] });
    if (type === 'valid') return { text, toolCalls: [] };
    const advice = 'Put answers into the `responses` option of the mock.';
    throw new ModelError(
      'invalid_request',
      `The mock cannot make up an answer that fits this output schema. ${advice}`,
    );
  }
}

interface MockOptions {
  readonly delayMs: number;
  /** How many chunks go out before the failure; absent: none fails. */
  readonly failAtChunk?: number;
  readonly failWith: ExecutionErrorCode;
}

function readOptions({ provider: { options }, attempt = 1 }: ModelRequest): MockOptions {
  const failAtChunk = numberAt(options, 'failAtChunk');
  const failWith = EXECUTION_ERROR_CODES.find((code) => code === ownValue(options, 'failWith'));
  const failAttempts = numberAt(options, 'failAttempts') ?? Number.POSITIVE_INFINITY;
  const fails = (failAtChunk !== undefined || failWith !== undefined) && attempt <= failAttempts;
  return {
    delayMs: numberAt(options, 'delayMs') ?? DEFAULT_DELAY_MS,
    ...(fails ? { failAtChunk: failAtChunk ?? 0 } : {}),
    failWith: failWith ?? 'server',
  };
}

function scriptedFailure(code: ExecutionErrorCode): ModelError {
  return new ModelError(code, `The mock failed with ${code}, as its options ask.`);
}

interface ScriptedAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
}

/** A response `{"whenResultsHave": TEXT, "then", "otherwise"}` depends on what the tools of the turn before have answered. */
function chosenAnswer(response: JsonValue, results: string): JsonValue {
  const wanted = isJsonObject(response) ? ownValue(response, 'whenResultsHave') : undefined;
  if (!isJsonObject(response) || typeof wanted !== 'string') return response;
  return ownValue(response, results.includes(wanted) ? 'then' : 'otherwise') ?? '';
}

function resultsOfLastTurn({ messages }: ModelRequest): string {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  const results = messages.slice(last + 1).filter(({ role }) => role === 'tool');
  return results.map(({ content }) => content).join('\n');
}

/** Calls of tools are scripted as `{"toolCalls": [{"name", "arguments"}], "text"}`; everything else is the answer itself. */
function scriptedAnswer(response: JsonValue): ScriptedAnswer {
  const calls = isJsonObject(response) ? listAt(response, 'toolCalls').filter(isJsonObject) : [];
  if (!isJsonObject(response) || calls.length === 0) return { text: asText(response), toolCalls: [] };
  const toolCalls = calls.map((call) => ({
    id: textAt(call, 'id'),
    name: textAt(call, 'name'),
    arguments: ownValue(call, 'arguments') ?? {},
  }));
  return { text: textAt(response, 'text'), toolCalls };
}

/** Indented, so that JSON too arrives in more than one chunk. */
function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function prose(request: ModelRequest): string {
  const asked = request.messages.filter((message) => message.role === 'user').at(-1)?.content ?? '';
  const words = countWords(asked);
  return [
    `This answer comes from the mock: no model was asked.`,
    `The last message had ${words} ${words === 1 ? 'word' : 'words'}.`,
    'Give the agent a real provider, or put `responses` into the options of the mock.',
  ].join(' ');
}

/** Each word with the blanks before it; joined, they are the text again. */
function splitWords(text: string): readonly string[] {
  return text.match(/\s+\S*|\S+/g) ?? [];
}

function finish(request: ModelRequest, outputTokens: number, toolCalls: readonly ToolCall[]): ModelEvent {
  const inputTokens = request.messages.reduce((sum, message) => sum + countWords(message.content), 0);
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  const warnings = ['The answer is scripted: the mock provider calls no model, and its tokens are words.'];
  const stopReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
  return { type: 'finish', finish: { toolCalls, usage, stopReason, warnings } };
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Ends at once, with the signal's own reason, when the caller aborts. */
async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    // Without a delay, too, others get their turn between two words.
    await (delayMs > 0 ? sleep(delayMs, undefined, { signal }) : nextTurn(undefined, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  signal.throwIfAborted();
}
