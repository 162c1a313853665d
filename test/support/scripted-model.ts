import type { ModelEvent, ModelFinish, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';

export const FINISH: ModelFinish = {
  toolCalls: [],
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  stopReason: 'stop',
  warnings: [],
};

/** A step at which nothing comes any more, until the call is aborted. */
export const HANG = Symbol('hang');

type Script = readonly (string | Error | typeof HANG | ModelFinish | Extract<ModelEvent, { type: 'usage' }>)[];

/** A model that plays a script for units: texts, counts, an error to throw, a finish, or silence until it is aborted. */
export class ScriptedModel implements LanguageModel {
  readonly #script: Script;
  readonly requests: ModelRequest[] = [];

  constructor(script: Script) {
    this.#script = script;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    this.requests.push(request);
    for (const step of this.#script) {
      if (step instanceof Error) throw step;
      if (step === HANG) await aborted(signal);
      else if (typeof step === 'string') yield { type: 'text', text: step };
      else if ('type' in step) yield step;
      else yield { type: 'finish', finish: step };
    }
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  throw signal.reason;
}
