import { createHash } from 'node:crypto';

import { tokensOf, tokensOfText } from '../../core/executions/fit-conversation.js';
import type { ModelRequest } from '../../core/executions/turn.js';
import { ownValue } from '../../core/json/json.js';
import type { RequestParts } from './planned-call.js';

/** How far a prompt is to be kept by its provider, in the order in which a model reads it: each takes in those before it. */
export interface KeptBeginnings {
  readonly tools: boolean;
  readonly system: boolean;
  /** Only where tools are: their results come in a turn that repeats all of it. */
  readonly conversation: boolean;
}

export const NOTHING_KEPT: KeptBeginnings = { tools: false, system: false, conversation: false };

/**
 * What of a prompt is worth keeping: where the option `promptCaching` is true, whatever is as long as the model's cache takes. Lengths are
 * estimated, rather too long: what is shorter than the provider's least it does not keep, and does not charge for.
 */
export function keptBeginnings(
  { provider, tools, messages }: ModelRequest,
  { capabilities: { promptCache }, prompt }: Pick<RequestParts, 'capabilities' | 'prompt'>,
): KeptBeginnings {
  if (promptCache === null || ownValue(provider.options, 'promptCaching') !== true) return NOTHING_KEPT;
  const offered = tools.length === 0 ? 0 : tokensOfText(JSON.stringify(tools));
  const told = offered + tokensOfText(prompt.system);
  const said = messages.reduce((sum, message) => sum + (message.role === 'system' ? 0 : tokensOf(message)), told);
  return {
    tools: offered >= promptCache.fromTokens,
    system: prompt.system !== '' && told >= promptCache.fromTokens,
    conversation: tools.length > 0 && said >= promptCache.fromTokens,
  };
}

/** OpenAI refuses longer keys than 64 characters. */
const KEY_LENGTH = 40;

/** By which OpenAI sends calls to where it keeps their beginning: the same for all that have the same prompts, and no word of theirs. */
export function promptCacheKey(
  request: ModelRequest,
  parts: Pick<RequestParts, 'capabilities' | 'prompt'>,
): { readonly prompt_cache_key?: string } {
  const { tools, system } = keptBeginnings(request, parts);
  if (!tools && !system) return {};
  const { promptsOf = parts.prompt.system } = request;
  return { prompt_cache_key: createHash('sha256').update(promptsOf).digest('hex').slice(0, KEY_LENGTH) };
}
