import type { LlmConfig } from '../../core/agents/agent.js';
import { ModelError } from '../../core/executions/model-error.js';
import { capabilitiesOf, type Api, type ModelCapabilities } from '../../core/agents/model-capabilities.js';
import type { ModelRequest } from '../../core/executions/turn.js';

/** Parameters that are sent, and what is said about those that are not. */
export interface ParameterPlan {
  readonly capabilities: ModelCapabilities;
  /** Without what the model does not take; `maxTokens` is there wherever the API needs it. */
  readonly config: Omit<LlmConfig, 'stopSequences'>;
  /** Those that the API is given: all of them are cut here too. */
  readonly stop: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Decides what of an agent's settings its model is sent. What it does not take is left out with a warning; throws
 * ModelError `invalid_request` under `strictParameters`, and for tools that it cannot call.
 */
export function planParameters(
  request: Pick<ModelRequest, 'provider' | 'llmConfig' | 'strictParameters' | 'tools'>,
  api: Api = request.provider.type,
): ParameterPlan {
  const { model } = request.provider;
  const capabilities = capabilitiesOf(request.provider, api);
  const { stopSequences = [], ...config } = request.llmConfig;
  const dropped = capabilities.refuses.filter((parameter) => request.llmConfig[parameter] !== undefined);
  if (dropped.length > 0 && request.strictParameters) {
    const advice = 'Remove it from the llmConfig, or turn strictParameters off to have it left out.';
    throw new ModelError('invalid_request', `The model ${model} does not take ${dropped.join(', ')}. ${advice}`);
  }
  if (!capabilities.tools && request.tools.length > 0) {
    throw new ModelError('invalid_request', `The model ${model} cannot call tools, and its agent has some.`);
  }
  const kept = Object.entries(config).filter(([name]) => !dropped.some((parameter) => parameter === name));
  const limit = neededLimit(capabilities, config);
  return {
    capabilities,
    config: { ...Object.fromEntries(kept), ...limit.config },
    stop: stopSequences.filter((sequence) => sequence !== '').slice(0, capabilities.stopSequences),
    warnings: [
      ...dropped.map((parameter) => `${parameter} was not sent: the model ${model} does not take it.`),
      ...limit.warnings,
    ],
  };
}

function neededLimit({ neededTokenLimit }: ModelCapabilities, { maxTokens }: LlmConfig) {
  if (neededTokenLimit === undefined || maxTokens !== undefined) return { config: {}, warnings: [] };
  const warning = `maxTokens was not given, and the provider needs a limit: ${neededTokenLimit} was sent.`;
  return { config: { maxTokens: neededTokenLimit }, warnings: [warning] };
}
