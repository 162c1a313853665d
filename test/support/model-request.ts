import type { LlmProvider } from '../../src/core/agents/agent.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';

export function aProvider(fields: Partial<LlmProvider> = {}): LlmProvider {
  return { type: 'custom', model: 'test-model', baseUrl: 'http://127.0.0.1:9/v1', headers: {}, options: {}, ...fields };
}

export function aRequest(fields: Partial<ModelRequest> = {}): ModelRequest {
  return {
    provider: aProvider(),
    llmConfig: {},
    messages: [{ role: 'user', content: 'Please review the enclosed memorandum.' }],
    tools: [],
    timeoutMs: 30_000,
    strictParameters: false,
    ...fields,
  };
}

/** Everything that a call yields, in order. */
export async function collect(
  model: LanguageModel,
  request: ModelRequest,
  signal = new AbortController().signal,
): Promise<readonly ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of model.stream(request, signal)) events.push(event);
  return events;
}

export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

export function finishOf(events: readonly ModelEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'finish') throw new Error('the call did not end in a finish');
  return last.finish;
}
