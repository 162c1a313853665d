import type { LlmConfig, ProviderType } from '../core/agent.js';
import { ModelError } from '../core/model-error.js';
import type { ModelRequest } from '../core/turn.js';

type Parameter = keyof LlmConfig;

/** A family of models and the parameters that it refuses. What no row names is sent: unknown models work. */
interface Family {
  readonly provider: ProviderType;
  readonly models: RegExp;
  readonly refuses: readonly Parameter[];
  /** Absent: it takes none, and they are cut here. */
  readonly takesStop?: true;
}

const FAMILIES: readonly Family[] = [
  {
    provider: 'openai',
    models: /^(?:o\d|gpt-(?:[5-9]|\d\d))(?!.*chat)/,
    refuses: ['temperature', 'topP', 'frequencyPenalty', 'presencePenalty'],
  },
];

/** Parameters that are sent, and what is said about those that are not. */
export interface ParameterPlan {
  readonly config: LlmConfig;
  readonly sendsStop: boolean;
  readonly warnings: readonly string[];
}

/** Drops what the model refuses, with a warning; throws ModelError `invalid_request` under `strictParameters`. */
export function planParameters(
  request: Pick<ModelRequest, 'provider' | 'llmConfig' | 'strictParameters'>,
): ParameterPlan {
  const { type, model } = request.provider;
  const family = FAMILIES.find((row) => row.provider === type && row.models.test(model));
  const dropped = (family?.refuses ?? []).filter((parameter) => request.llmConfig[parameter] !== undefined);
  if (dropped.length > 0 && request.strictParameters) {
    const advice = 'Remove it from the llmConfig, or turn strictParameters off to have it left out.';
    throw new ModelError('invalid_request', `The model ${model} does not take ${dropped.join(', ')}. ${advice}`);
  }
  const kept = Object.entries(request.llmConfig).filter(([name]) => !dropped.some((parameter) => parameter === name));
  return {
    config: Object.fromEntries(kept),
    sendsStop: family === undefined || family.takesStop === true,
    warnings: dropped.map((parameter) => `${parameter} was not sent: the model ${model} does not take it.`),
  };
}
