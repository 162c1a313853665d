import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import type { TokenUsage } from '../../../core/streams/stream-event.js';
import { readErrorDetails } from '../../failures/failed-answer.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { countAt, objectOr, readFrame, usageOf } from '../read-frame.js';

const STOPS: Readonly<Record<string, AnswerPiece['stop']>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
};

/** Reads the chunks of one answer. Function calls come whole and without numbers, so they are counted here. */
export class GenerateReader {
  #calls = 0;

  read(data: string): AnswerPiece {
    const chunk = readFrame(data);
    if (ownValue(chunk, 'error') !== undefined) return { error: readErrorDetails(chunk) };
    const [candidate] = listAt(chunk, 'candidates');
    const usage = readUsage(ownValue(chunk, 'usageMetadata'));
    // A prompt that is blocked has no candidate, and this in its place.
    const blocked = textAt(objectAt(chunk, 'promptFeedback'), 'blockReason') !== '';
    return {
      ...this.#readCandidate(objectOr(candidate)),
      ...(usage === undefined ? {} : { usage }),
      ...(blocked ? { stop: 'content_filter' } : {}),
    };
  }

  #readCandidate(candidate: JsonObject): AnswerPiece {
    const parts = listAt(objectAt(candidate, 'content'), 'parts').filter(isJsonObject);
    const reason = textAt(candidate, 'finishReason');
    return {
      text: parts
        .filter((part) => !isThought(part))
        .map((part) => textAt(part, 'text'))
        .join(''),
      reasoning: parts
        .filter(isThought)
        .map((part) => textAt(part, 'text'))
        .join(''),
      toolCalls: parts.flatMap((part) => this.#readCall(ownValue(part, 'functionCall'))),
      ...(reason === '' ? {} : { stop: STOPS[reason] ?? 'unknown' }),
    };
  }

  #readCall(call: JsonValue | undefined): readonly ToolCallPiece[] {
    if (!isJsonObject(call)) return [];
    const index = this.#calls;
    this.#calls += 1;
    const given = JSON.stringify(objectAt(call, 'args'));
    return [{ index, id: textAt(call, 'id'), name: textAt(call, 'name'), arguments: given }];
  }
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
