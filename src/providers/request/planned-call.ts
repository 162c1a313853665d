import type { Api, ModelCapabilities } from '../../core/agents/model-capabilities.js';
import { fetchesPicture } from '../../core/agents/picture-limits.js';
import { checkPictures } from '../../core/executions/check-pictures.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { ModelRequest } from '../../core/executions/turn.js';
import { answerFormat, formatWarnings, isStated, type AnswerFormat } from './answer-format.js';
import { planParameters, type ParameterPlan } from './parameter-plan.js';
import { promptParts, type PromptParts } from './prompt-parts.js';
import { nameTools, type ToolNames } from './tool-names.js';

/** One call in the words of an API, and what is needed to read its answer. */
export interface PlannedCall<Body> {
  readonly body: Body;
  readonly toolNames: ToolNames;
  /** What is not sent as it was asked for. */
  readonly warnings: readonly string[];
}

/** What every API's body is made from. */
export interface RequestParts extends ParameterPlan {
  readonly prompt: PromptParts;
  readonly format: AnswerFormat;
  readonly toolNames: ToolNames;
}

/** Ollama, and Gemini before 3, call no tools while they are held to write JSON: there the prompt says what to answer. */
function withTools(request: ModelRequest, capabilities: ModelCapabilities, api: Api): ModelCapabilities {
  const isHeld = api === 'ollama' || (api === 'google' && !/^gemini-(?:[3-9]|\d\d)/.test(request.provider.model));
  return request.tools.length > 0 && isHeld ? { ...capabilities, structuredOutput: 'prompt' } : capabilities;
}

/** Once more when they are all here: those that were fetched, too. */
function refuseBadPictures(
  { messages, provider: { model } }: ModelRequest,
  { pictures: limits }: ModelCapabilities,
): void {
  const pictures = messages.flatMap((message) => message.pictures ?? []);
  checkPictures(pictures, { model, limits });
  const isAway = pictures.some(
    (picture) => picture.type === 'linked' && limits !== null && !fetchesPicture(limits, picture.url),
  );
  if (isAway)
    throw new ModelError('invalid_request', 'A picture was to be fetched, and nothing here fetches pictures.');
}

/** Plans a call; `bodyOf` says it in the words of the API. Throws ModelError `invalid_request` as planParameters and checkPictures do. */
export function planCall<Body>(
  request: ModelRequest,
  bodyOf: (parts: RequestParts) => Body,
  api: Api = request.provider.type,
): PlannedCall<Body> {
  const plan = planParameters(request, api);
  refuseBadPictures(request, plan.capabilities);
  const toolNames = nameTools(request.tools.map((tool) => tool.name));
  const format = answerFormat(request, withTools(request, plan.capabilities, api), api);
  const prompt = promptParts(request, isStated(format, api));
  const warnings = [...plan.warnings, ...formatWarnings(format, plan.capabilities)];
  return { body: bodyOf({ ...plan, prompt, format, toolNames }), toolNames, warnings };
}
