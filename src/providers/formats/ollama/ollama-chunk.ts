import { isJsonObject, ownValue, type JsonObject } from '../../../core/json/json.js';
import { readErrorDetails } from '../../failures/failed-answer.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { countAt, readFrame, usageOf } from '../read-frame.js';

const STOPS: Readonly<Record<string, AnswerPiece['stop']>> = { stop: 'stop', length: 'length' };

/** Reads the lines of one answer. Tool calls come whole, without ids and without numbers, so they are counted here. */
export class OllamaReader {
  #calls = 0;

  read(line: string): AnswerPiece {
    const chunk = readFrame(line);
    if (ownValue(chunk, 'error') !== undefined) return { error: readErrorDetails(chunk) };
    const message = objectAt(chunk, 'message');
    return {
      text: textAt(message, 'content'),
      reasoning: textAt(message, 'thinking'),
      toolCalls: listAt(message, 'tool_calls')
        .filter(isJsonObject)
        .map((call) => this.#readCall(objectAt(call, 'function'))),
      ...(ownValue(chunk, 'done') === true ? endOf(chunk) : {}),
    };
  }

  #readCall(called: JsonObject): ToolCallPiece {
    const index = this.#calls;
    this.#calls += 1;
    const given = ownValue(called, 'arguments') ?? {};
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    return { index, id: '', name: textAt(called, 'name'), arguments: text };
  }
}

function endOf(chunk: JsonObject): AnswerPiece {
  const reason = textAt(chunk, 'done_reason');
  const usage = usageOf({ input: countAt(chunk, 'prompt_eval_count'), output: countAt(chunk, 'eval_count') });
  // Older servers give no reason.
  const stop = reason === '' ? 'stop' : (STOPS[reason] ?? 'unknown');
  return { stop, ended: true, ...(usage === undefined ? {} : { usage }) };
}
