import type { ModelFinish } from '../core/executions/turn.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { CachedAnswer } from '../storage/answer-cache-store.js';

/** Says an answer that was given before: at once, and for nothing. */
export function cachedModel({ executionId, text, warnings }: CachedAnswer): LanguageModel {
  const finish: ModelFinish = {
    toolCalls: [],
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 },
    stopReason: 'stop',
    warnings,
    cachedFrom: executionId,
  };
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a model's answer comes in its own time, and this one at once
    async *stream() {
      yield { type: 'text', text };
      yield { type: 'finish', finish };
    },
  };
}
