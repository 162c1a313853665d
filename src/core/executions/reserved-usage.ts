import { capabilitiesOf } from '../agents/model-capabilities.js';
import type { LlmProvider } from '../agents/agent.js';
import type { ExecutionErrorCode } from '../codes.js';
import type { TokenUsage } from '../streams/stream-event.js';
import { nanoUsdIn, type BudgetAmount } from './budget-limit.js';
import { ANSWER_TOKENS, BYTES_PER_TOKEN, tokensOf, tokensOfText } from './fit-conversation.js';
import type { ModelRequest, RequestMessage } from './turn.js';

/** The tokens that a call may use, before it is made: estimated on the safe side, but for an answer without a limit. */
export function reservedUsage(request: ModelRequest): TokenUsage {
  const { provider, llmConfig, messages, tools, outputSchema } = request;
  const { contextTokens = Infinity, neededTokenLimit } = capabilitiesOf(provider);
  const said = messages.reduce((sum, message) => sum + tokensOf(message) + keptTokens(message), 0);
  const offered = tools.length === 0 ? 0 : tokensOfText(JSON.stringify(tools));
  const asked = outputSchema === undefined ? 0 : tokensOfText(JSON.stringify(outputSchema));
  const answer = llmConfig.maxTokens ?? neededTokenLimit ?? Math.min(ANSWER_TOKENS, Math.ceil(contextTokens / 4));
  const input = said + offered + asked;
  return { ...usageOf(input, answer), ...writtenOf(provider, input) };
}

/** All of it may be written to the provider's cache, which costs more. */
function writtenOf(provider: LlmProvider, input: number): Pick<TokenUsage, 'cacheWriteInputTokens'> {
  const { promptCache } = capabilitiesOf(provider);
  const isDearer = promptCache !== null && promptCache.writePrice > 1 && input >= promptCache.fromTokens;
  return isDearer && provider.options['promptCaching'] !== false ? { cacheWriteInputTokens: input } : {};
}

/** What the provider wants back, such as what its model thought, is read again. */
function keptTokens({ providerState }: RequestMessage): number {
  return providerState === undefined ? 0 : tokensOfText(JSON.stringify(providerState));
}

/** Providers take nothing for a call that failed so before a word came. */
const UNPAID: readonly ExecutionErrorCode[] = [
  ...(['rate_limit', 'overloaded', 'server', 'network', 'quota', 'auth', 'context_length', 'invalid_request'] as const),
  ...(['model_not_found', 'host_forbidden'] as const),
];

/** What is known of a call that has come to an end. */
export interface CallEnd {
  /** As its provider counted last; all of it where it finished. */
  readonly usage?: TokenUsage;
  readonly isFinished: boolean;
  /** Of all that came, in bytes of UTF-8; where only that is known, in characters. */
  readonly length: number;
  /** How it failed, where it says so itself. */
  readonly errorCode?: ExecutionErrorCode;
  /** It failed before its provider was asked. */
  readonly isUnasked?: true;
}

/**
 * What a call is taken to have used. Where nobody counted, or only a part, it is its estimated input and as much of an answer as
 * came: rather too much than too little.
 */
export function usageInTheEnd(reserved: TokenUsage, end: CallEnd): TokenUsage {
  const { usage, isFinished, length } = end;
  const counted = usage !== undefined && usage.inputTokens + usage.outputTokens > 0 ? usage : undefined;
  if (isFinished && counted !== undefined) return counted;
  if (isUnpaid(end) && counted === undefined && length === 0) return usageOf(0, 0);
  const came = Math.ceil(length / BYTES_PER_TOKEN);
  const input = counted === undefined || counted.inputTokens === 0 ? reserved : counted;
  return { ...usageOf(input.inputTokens, Math.max(counted?.outputTokens ?? 0, came)), ...cacheOf(input) };
}

function cacheOf({ cachedInputTokens, cacheWriteInputTokens }: TokenUsage): Partial<TokenUsage> {
  return {
    ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
    ...(cacheWriteInputTokens === undefined ? {} : { cacheWriteInputTokens }),
  };
}

function isUnpaid({ errorCode, isUnasked }: CallEnd): boolean {
  return isUnasked === true || (errorCode !== undefined && UNPAID.includes(errorCode));
}

/** By a price; undefined: there is none, which costs nothing where nothing was used. */
export function amountOf(usage: TokenUsage, costUsd: number | undefined): BudgetAmount | undefined {
  const tokens = usage.inputTokens + usage.outputTokens;
  if (costUsd === undefined && tokens > 0) return undefined;
  return { tokens, nanoUsd: nanoUsdIn(costUsd ?? 0, 'at least') };
}

function usageOf(inputTokens: number, outputTokens: number): TokenUsage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
