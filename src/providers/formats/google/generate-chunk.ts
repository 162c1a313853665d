import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import type { TokenUsage } from '../../../core/streams/stream-event.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { stopOf } from '../stop-words.js';
import { TurnNotes } from '../turn-parts.js';
import { countAt, objectOr, usageOf } from '../token-counts.js';

export const SIGNATURES_FORMAT = 'google-generate';

/** Reads the chunks of one answer. Function calls come whole and without numbers, so they are counted here. */
export class GenerateReader {
  #calls = 0;
  readonly #notes = new TurnNotes();

  /** The signatures of its thoughts, each with the part that it came with. */
  get state(): ProviderState | undefined {
    return this.#notes.state(SIGNATURES_FORMAT);
  }

  read(chunk: JsonObject): AnswerPiece {
    const candidate = listAt(chunk, 'candidates').find(
      (one) => isJsonObject(one) && (numberAt(one, 'index') ?? 0) === 0,
    );
    const usage = readUsage(ownValue(chunk, 'usageMetadata'));
    return {
      ...this.#readCandidate(objectOr(candidate)),
      ...(usage === undefined ? {} : { usage }),
      ...blockIn(objectAt(chunk, 'promptFeedback')),
    };
  }

  #readCandidate(candidate: JsonObject): AnswerPiece {
    const content = objectAt(candidate, 'content');
    const given = ownValue(content, 'parts');
    const parts = isJsonObject(given) ? [given] : listAt(content, 'parts').filter(isJsonObject);
    for (const part of parts) this.#note(part);
    const { stop } = stopOf(ownValue(candidate, 'finishReason'));
    return {
      text: textOf(parts.filter((part) => !isThought(part))),
      reasoning: textOf(parts.filter(isThought)),
      toolCalls: parts.flatMap((part) => this.#readCall(part)),
      ...(stop === undefined ? {} : { stop: { ...stop, detail: textAt(candidate, 'finishMessage') } }),
    };
  }

  #note(part: JsonObject): void {
    const signature = signatureIn(part);
    const isSigned = Object.keys(signature).length > 0;
    const call = ownValue(part, 'functionCall');
    const text = textAt(part, 'text');
    if (isJsonObject(call)) this.#notes.call({ ...signature, ...idIn(call) });
    else if (!isThought(part) && text !== '') this.#notes.say(text, signature);
    else if (isSigned) this.#notes.keep({ text, ...signature, ...(isThought(part) ? { thought: true } : {}) });
  }

  #readCall(part: JsonObject): readonly ToolCallPiece[] {
    const call = ownValue(part, 'functionCall');
    if (!isJsonObject(call)) return [];
    const index = this.#calls;
    this.#calls += 1;
    const given = JSON.stringify(objectAt(call, 'args'));
    return [{ index, id: textAt(call, 'id'), name: textAt(call, 'name'), arguments: given }];
  }
}

function signatureIn(part: JsonObject): JsonObject {
  const thoughtSignature = textAt(part, 'thoughtSignature');
  return thoughtSignature === '' ? {} : { thoughtSignature };
}

function idIn(call: JsonObject): JsonObject {
  const id = textAt(call, 'id');
  return id === '' ? {} : { id };
}

/** A prompt that is blocked has no candidate, and this in its place. */
function blockIn(feedback: JsonObject): Pick<AnswerPiece, 'stop'> {
  const word = textAt(feedback, 'blockReason');
  if (word === '') return {};
  return { stop: { word, detail: textAt(feedback, 'blockReasonMessage'), ends: 'content_filter' } };
}

function textOf(parts: readonly JsonObject[]): string {
  return parts.map((part) => textAt(part, 'text')).join('');
}

function isThought(part: JsonObject): boolean {
  return ownValue(part, 'thought') === true;
}

/** Its count of the answer leaves out what was thought. */
function readUsage(value: JsonValue | undefined): TokenUsage | undefined {
  const usage = objectOr(value);
  const answer = countAt(usage, 'candidatesTokenCount');
  const thoughts = countAt(usage, 'thoughtsTokenCount');
  return usageOf({
    input: countAt(usage, 'promptTokenCount'),
    output: answer === undefined && thoughts === undefined ? undefined : (answer ?? 0) + (thoughts ?? 0),
    total: countAt(usage, 'totalTokenCount'),
    cached: countAt(usage, 'cachedContentTokenCount'),
    reasoning: thoughts,
  });
}
