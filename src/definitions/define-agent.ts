import type { AgentContent, Fallback, LlmProvider } from '../core/agents/agent.js';
import type { CacheScope } from '../core/agents/answer-cache.js';
import { expandAgent } from '../core/definitions/short-forms.js';
import { refuseBadDurations } from './refuse-bad-durations.js';
import type { Duration } from './source-words.js';

interface Prompts<System, User, Context> {
  /** A template, or the name of a file of it: `./reviewer.md`. */
  readonly system: System;
  readonly userTemplate: User;
  readonly contextInstructions?: Context;
}

interface Cache<Time> {
  readonly ttlSeconds: Time;
  /** Absent: `AGENT`. */
  readonly scope?: CacheScope;
}

type Provider = Pick<LlmProvider, 'type' | 'model'> & Partial<LlmProvider>;
type Content = Pick<AgentContent, 'name'> &
  Partial<
    Omit<
      AgentContent,
      'name' | 'llmProvider' | 'fallbacks' | 'prompts' | 'approvalTimeoutSeconds' | 'maxWaitSeconds' | 'cache'
    >
  > & {
    readonly fallbacks?: readonly (Pick<Fallback, 'on'> & { readonly llmProvider: Provider })[];
  };

/** What `createAgent` takes. `Text` is that of its prompts, as far as it is known before the program runs. */
export interface AgentInput<Text extends string = string> extends Content {
  readonly id?: string;
  readonly llmProvider: Provider;
  readonly prompts: Prompts<Text, Text, Text>;
  readonly approvalTimeoutSeconds?: number;
  readonly cache?: Cache<number>;
  readonly maxWaitSeconds?: number;
}

/** An agent as one writes it. */
export interface AgentSource<System extends string, User extends string, Context extends string> extends Content {
  /** Absent: made from the name. */
  readonly id?: string;
  readonly llmProvider: Provider;
  readonly prompts: Prompts<System, User, Context>;
  readonly approvalTimeoutSeconds?: Duration;
  readonly cache?: Cache<Duration>;
  readonly maxWaitSeconds?: Duration;
}

/**
 * An agent, as plain data that `createAgent` takes. Throws a TypeError for a text in place of seconds that is no duration; all else is
 * judged when the definition is validated or saved.
 *
 * @example
 * ```ts
 * import { defineAgent } from 'circuit-breaker/definitions';
 *
 * export default defineAgent({
 *   id: 'reviewer',
 *   name: 'Reviewer',
 *   llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
 *   prompts: { system: 'You review documents.', userTemplate: 'Review this:\n\n{document}' },
 * });
 * ```
 */
export function defineAgent<
  const System extends string,
  const User extends string,
  const Context extends string = never,
>(source: AgentSource<System, User, Context>): AgentInput<System | User | Context> {
  const { input, problems } = expandAgent(source);
  refuseBadDurations(problems);
  return input as AgentInput<System | User | Context>;
}
