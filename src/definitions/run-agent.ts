import type { AgentUse, RetryConfig } from '../core/definitions/definition.js';
import { idFromName } from '../core/ids.js';
import type { AgentInput } from './define-agent.js';
import type { Duration, InputNames, InputPath, WritablePath } from './source-words.js';

/** How a definition uses an agent, whose inputs may have certain names. */
export interface AgentUseSource<Input extends string = string> extends Partial<
  Pick<AgentUse, 'agentVersion' | 'enabled' | 'model' | 'llmConfig' | 'delivery' | 'rollout' | 'agentVersions'>
> {
  /** Name of an input → what it is given of the token. */
  readonly inputMapping?: Mapping<Input>;
  /** What is written in the token → name of an output. */
  readonly outputMapping?: Readonly<Partial<Record<WritablePath, string>>>;
  readonly timeoutSeconds?: Duration;
  readonly retryConfig?: Omit<RetryConfig, 'backoffSeconds'> & { readonly backoffSeconds: Duration };
}

type Mapping<Input extends string> = [Input] extends [never]
  ? Readonly<Record<string, never>>
  : Readonly<Partial<Record<Input, InputPath>>>;

/**
 * The use of an agent that was defined in TypeScript, for `agentExecution` or within a place agent. Inputs that no prompt of it names
 * are refused by the compiler, where the prompts are there to be seen.
 *
 * @example
 * ```ts
 * agentExecution: runAgent(reviewer, { inputMapping: { document: 'data.content' }, timeoutSeconds: '5m' }),
 * ```
 */
export function runAgent<const Text extends string>(
  agent: AgentInput<Text>,
  use: AgentUseSource<InputNames<Text>> = {},
): AgentUseSource & { readonly agentId: string } {
  return { agentId: agent.id ?? idFromName(agent.name) ?? agent.name, ...(use as AgentUseSource) };
}
