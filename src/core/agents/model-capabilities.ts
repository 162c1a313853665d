import { parsedUrl } from '../parsed-url.js';
import type { LlmConfig, LlmProvider, ProviderType } from './agent.js';
import { ownValue } from '../json/json.js';
import {
  ANTHROPIC_PICTURES,
  COMPATIBLE_PICTURES,
  GEMINI_PRO_VISION_PICTURES,
  GOOGLE_PICTURES,
  OLLAMA_PICTURES,
  OPENAI_PICTURES,
  type PictureLimits,
} from './picture-limits.js';

/** How an API is asked for an answer that fits a schema: by the schema itself, for any JSON, or in the prompt. */
export type StructuredOutputMode = 'json_schema' | 'json_object' | 'prompt';

/** How a provider keeps the beginning of a prompt for later calls, once it is asked to. */
export interface PromptCache {
  /** The shortest beginning that it keeps, in tokens. */
  readonly fromTokens: number;
  /** What a token costs that is written to the cache, in prices of one that is not. */
  readonly writePrice: number;
}

/** What a model takes. Numbers are tokens, except for `stopSequences`. */
export interface ModelCapabilities {
  /** Parameters that it refuses or does nothing with: they are not sent. */
  readonly refuses: readonly (keyof LlmConfig)[];
  /** How many of these its API takes; what is beyond is cut from the answer here. */
  readonly stopSequences: number;
  readonly structuredOutput: StructuredOutputMode;
  readonly tools: boolean;
  /** Null: it takes none. */
  readonly pictures: PictureLimits | null;
  /** Null: its provider keeps nothing, or does so without being asked. */
  readonly promptCache: PromptCache | null;
  /** Prompt and answer together. Absent: not known, so no conversation is shortened for it. */
  readonly contextTokens?: number;
  /** What is sent as the limit of an answer where the API needs one and the agent has none. */
  readonly neededTokenLimit?: number;
}

/** How a provider is spoken to: OpenAI has two ways. */
export type Api = ProviderType | 'openai-chat';

interface Family {
  readonly api: Api | readonly Api[];
  readonly models: RegExp;
  readonly has: Partial<ModelCapabilities>;
}

const SAMPLING = ['temperature', 'topP'] as const;
const PENALTIES = ['frequencyPenalty', 'presencePenalty'] as const;

/** Since GPT-4o, without a price for it. https://platform.openai.com/docs/guides/prompt-caching */
const OPENAI_CACHE: PromptCache = { fromTokens: 1024, writePrice: 1 };
/** For five minutes. https://platform.claude.com/docs/en/build-with-claude/prompt-caching#cache-limitations */
const ANTHROPIC_CACHE: PromptCache = { fromTokens: 1024, writePrice: 1.25 };

const KEEPS_NOTHING = { refuses: [], structuredOutput: 'json_schema', tools: true, promptCache: null } as const;

/** What an API takes for a model that no family names: unknown models work. */
const APIS: Readonly<Record<Api, ModelCapabilities>> = {
  // The Responses API.
  openai: {
    refuses: PENALTIES,
    stopSequences: 0,
    structuredOutput: 'json_schema',
    tools: true,
    pictures: OPENAI_PICTURES,
    promptCache: OPENAI_CACHE,
  },
  'openai-chat': {
    refuses: [],
    stopSequences: 4,
    structuredOutput: 'json_schema',
    tools: true,
    pictures: OPENAI_PICTURES,
    promptCache: OPENAI_CACHE,
  },
  anthropic: {
    refuses: [...SAMPLING, ...PENALTIES],
    stopSequences: 16,
    structuredOutput: 'json_schema',
    tools: true,
    pictures: ANTHROPIC_PICTURES,
    promptCache: ANTHROPIC_CACHE,
    contextTokens: 200_000,
    neededTokenLimit: 4096,
  },
  google: { ...KEEPS_NOTHING, stopSequences: 5, pictures: GOOGLE_PICTURES },
  ollama: { ...KEEPS_NOTHING, stopSequences: 16, pictures: OLLAMA_PICTURES },
  custom: {
    refuses: [],
    stopSequences: 4,
    structuredOutput: 'json_schema',
    tools: true,
    pictures: COMPATIBLE_PICTURES,
    promptCache: OPENAI_CACHE,
  },
  mock: { ...KEEPS_NOTHING, stopSequences: 16, pictures: OPENAI_PICTURES },
};

const OPENAI_REASONERS = /^(?:o\d|gpt-(?:[5-9]|\d\d))(?!.*chat)/;

/** Whether a model of OpenAI's thinks before it answers. */
export function reasons(model: string): boolean {
  return OPENAI_REASONERS.test(model);
}

const OPENAI = ['openai', 'openai-chat'] as const;

/** Families of models that differ from their API. All that match count, later ones before earlier ones. */
const FAMILIES: readonly Family[] = [
  {
    api: OPENAI,
    models: /^gpt-3\.5/,
    has: { structuredOutput: 'json_object', pictures: null, contextTokens: 16_385, promptCache: null },
  },
  {
    api: OPENAI,
    models: /^gpt-4(?:-|$)/,
    has: { structuredOutput: 'json_object', pictures: null, contextTokens: 8_192, promptCache: null },
  },
  {
    api: OPENAI,
    models: /^(?:gpt-4o|gpt-4-turbo|gpt-4-vision|chatgpt-4o)/,
    has: { pictures: OPENAI_PICTURES, contextTokens: 128_000 },
  },
  { api: OPENAI, models: /^(?:o1-mini|o1-preview|o3-mini)/, has: { pictures: null } },
  { api: OPENAI, models: /^gpt-4o/, has: { structuredOutput: 'json_schema' } },
  { api: OPENAI, models: /^gpt-4\.1/, has: { contextTokens: 1_047_576 } },
  {
    api: OPENAI,
    models: OPENAI_REASONERS,
    has: { refuses: [...SAMPLING, ...PENALTIES], stopSequences: 0 },
  },
  {
    api: OPENAI,
    models: /^gpt-(?:5\.(?:[6-9]|\d\d)|[6-9]|\d\d)/,
    has: { promptCache: { ...OPENAI_CACHE, writePrice: 1.25 } },
  },
  { api: OPENAI, models: /^o\d/, has: { contextTokens: 200_000 } },
  { api: OPENAI, models: /^gpt-5/, has: { contextTokens: 400_000 } },
  {
    api: 'anthropic',
    models: /^claude-(?:[23]|instant|(?:opus|sonnet)-4-(?:0|2025))/,
    has: { structuredOutput: 'prompt' },
  },
  { api: 'anthropic', models: /^claude-(?:2|instant)/, has: { pictures: null, promptCache: null } },
  { api: 'anthropic', models: /^claude-3-sonnet/, has: { promptCache: null } },
  {
    api: 'anthropic',
    models: /^claude-(?:(?:fable|mythos|opus|haiku)-5|sonnet-5-\d(?!\d))/,
    has: { promptCache: { ...ANTHROPIC_CACHE, fromTokens: 512 } },
  },
  {
    api: 'anthropic',
    models: /^claude-(?:opus-4-7|mythos-preview|3-(?:5-)?haiku)/,
    has: { promptCache: { ...ANTHROPIC_CACHE, fromTokens: 2048 } },
  },
  {
    api: 'anthropic',
    models: /^claude-(?:opus-4-[56]|haiku-4-5)(?!\d)/,
    has: { promptCache: { ...ANTHROPIC_CACHE, fromTokens: 4096 } },
  },
  { api: 'google', models: /^gemini/, has: { contextTokens: 1_048_576 } },
  { api: 'google', models: /^gemini-(?:1\.0-)?pro(?:$|-\d|-latest)/, has: { pictures: null, contextTokens: 32_760 } },
  {
    api: 'google',
    models: /^gemini-(?:1\.0-)?pro-vision/,
    has: { pictures: GEMINI_PRO_VISION_PICTURES, tools: false, structuredOutput: 'prompt', contextTokens: 16_384 },
  },
  { api: 'google', models: /^gemini-(?:[3-9]|\d\d)/, has: { refuses: [...SAMPLING, ...PENALTIES] } },
  { api: 'google', models: /^gemma/, has: { structuredOutput: 'prompt', tools: false, contextTokens: 128_000 } },
];

/** Servers that copy OpenAI's API and promise JSON, but not by a schema. Others say so when they are asked. */
const JSON_ONLY =
  /(?:^|\.)(?:deepseek\.com|z\.ai|bigmodel\.cn|minimaxi?\.(?:com|io|chat)|dashscope[\w-]*\.aliyuncs\.com)$/;

/** What the agent's model takes; its options `structuredOutput` and `contextTokens` know better. */
export function capabilitiesOf(
  { type, model, options, baseUrl = '' }: Pick<LlmProvider, 'type' | 'model' | 'options' | 'baseUrl'>,
  api: Api = type,
): ModelCapabilities {
  const families = FAMILIES.filter((family) => [family.api].flat().includes(api) && family.models.test(model));
  const known = families.reduce<ModelCapabilities>((all, { has }) => ({ ...all, ...has }), APIS[api]);
  const mode = ownValue(options, 'structuredOutput');
  const contextTokens = ownValue(options, 'contextTokens');
  const host = parsedUrl(baseUrl)?.hostname ?? '';
  return {
    ...known,
    ...(api === 'custom' && JSON_ONLY.test(host) ? { structuredOutput: 'json_object' } : {}),
    ...(mode === 'json_schema' || mode === 'json_object' || mode === 'prompt' ? { structuredOutput: mode } : {}),
    ...(typeof contextTokens === 'number' ? { contextTokens } : {}),
  };
}
