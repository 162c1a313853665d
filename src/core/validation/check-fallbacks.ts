import type { AgentContent } from '../agents/agent.js';
import { isSameProvider } from '../agents/same-provider.js';
import { jsonPointer } from '../json/json-pointer.js';
import type { Problem } from '../json/problem.js';
import { checkProvider } from './check-provider.js';

/** Everything that is wrong with an agent's fallbacks: each is judged like the agent's own provider, and none is tried twice. */
export function checkFallbacks({ llmProvider, fallbacks = [] }: AgentContent): readonly Problem[] {
  const providers = [llmProvider, ...fallbacks.map((fallback) => fallback.llmProvider)];
  return fallbacks.flatMap(({ llmProvider: provider, on }, index) => {
    const at = jsonPointer(['fallbacks', index]);
    const first = providers.findIndex((earlier) => isSameProvider(earlier, provider));
    return [
      ...checkProvider(provider).map((found) => ({ ...found, pointer: `${at}/llmProvider${found.pointer}` })),
      ...(first <= index ? [invalid(`${at}/llmProvider`, `${sameAs(first)}: it would only be asked again`)] : []),
      ...(on?.length === 0 ? [invalid(`${at}/on`, 'must name a code, or be left out')] : []),
    ];
  });
}

function sameAs(place: number): string {
  return place === 0 ? "is the agent's own provider" : `is the provider of the fallback ${place} before it`;
}

function invalid(pointer: string, message: string): Problem {
  return { code: 'INVALID_VALUE', pointer, message };
}
