import type { JsonValue } from '../../src/core/json/json.js';
import type { ModelEvent, ModelFinish, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { FINISH } from './scripted-model.js';

/** What the model does in one turn: says a text, or asks for tools. */
export type Step = string | Partial<ModelFinish>;

/** Takes its steps turn by turn: says a text, or asks for tools. */
export class AskingModel implements LanguageModel {
  steps: Step[] = [];
  requests: ModelRequest[] = [];

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    this.requests.push(request);
    const step = this.steps.length > 1 ? this.steps.shift() : this.steps[0];
    if (typeof step === 'string') yield { type: 'text', text: step };
    else yield { type: 'text', text: 'Let me see. ' };
    yield {
      type: 'finish',
      finish: typeof step === 'object' ? { ...FINISH, stopReason: 'tool_calls', ...step } : FINISH,
    };
  }

  /** What the model was told in its last turn, call by call. */
  get told(): readonly (readonly [string | undefined, string])[] {
    const messages = this.requests.at(-1)?.messages ?? [];
    return messages.filter(({ role }) => role === 'tool').map(({ toolCallId, content }) => [toolCallId, content]);
  }
}

/** A step that asks for these tools, each with its arguments and, where it matters, its id. */
export const asks = (...calls: readonly (readonly [string, JsonValue, string?])[]): Partial<ModelFinish> => ({
  toolCalls: calls.map(([name, given, id = ''], index) => ({
    id: id === '' ? `c${index}` : id,
    name,
    arguments: given,
  })),
});
