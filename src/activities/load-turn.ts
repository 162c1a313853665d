import { mergeLlmConfig, type Agent, type LlmProvider } from '../core/agents/agent.js';
import { heardConversation } from '../core/executions/conversation.js';
import { fitConversation } from '../core/executions/fit-conversation.js';
import type { JsonObject } from '../core/json/json.js';
import { capabilitiesOf } from '../core/agents/model-capabilities.js';
import { providerKey } from '../core/agents/same-provider.js';
import { askedSchemaOf, outputSchemaOf } from '../core/executions/derived-schema.js';
import type { ToolOffer } from '../core/agents/tool-offer.js';
import { isAmongTools, meansTool } from '../core/agents/tool-pattern.js';
import type { TurnClaim } from '../core/executions/turn-claim.js';
import { takesPictures } from '../core/executions/check-pictures.js';
import type { Picture } from '../core/executions/picture.js';
import { providerRoute } from '../core/executions/provider-route.js';
import type { ModelRequest, RequestMessage, ToolSpec, TurnResult } from '../core/executions/turn.js';
import { finalFailure } from '../contract/failures.js';
import type { ModelCall } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import type { AttemptDetails } from './attempt-heartbeat.js';
import { ownPictures, withPictures } from './message-pictures.js';
import { passOpenBreakers } from './pass-open-breakers.js';
import { turnResultOf } from './stored-turn.js';
import { TurnRoute } from './turn-route.js';

/** What one turn needs of storage. */
export interface LoadedTurn {
  /** What the answer has to be in structure. */
  readonly schema: JsonObject | undefined;
  readonly request: ModelRequest;
  /** What the model does not get, though it was meant to. */
  readonly warnings: readonly string[];
  /** Where the turn is on its way through the agent's providers: the request is for that one. */
  readonly route: TurnRoute;
  /** The name of its trial, where it is the one call that tries whether the provider is well again. */
  readonly trial?: string;
  /** Set when an earlier attempt finished the turn, and only its report got lost. */
  readonly finished?: TurnResult;
}

/** From now on no earlier attempt at it stores the turn. */
export async function loadTurn(
  { storage, breakers }: ActivityParts,
  call: ModelCall,
  { previous, claim }: { readonly previous: AttemptDetails; readonly claim: TurnClaim },
): Promise<LoadedTurn> {
  const { prepared, overrides } = call;
  const [agent, conversation, finished, offers] = await Promise.all([
    storage.agents.get(prepared.agentId, prepared.agentVersion),
    storage.conversations.get(prepared.conversationId),
    // Before the first there is none that could store it late.
    claim.attempt > 1
      ? storage.executions.claimTurn(call.executionId, call.turn, claim)
      : storage.executions.getTurn(call.executionId, call.turn),
    prepared.maxToolCalls === undefined ? [] : storage.tools.offers(),
  ]);
  if (agent === undefined || conversation === undefined) {
    const message = `Agent "${prepared.agentId}" version ${prepared.agentVersion} or its conversation was deleted meanwhile.`;
    throw finalFailure({ code: 'invalid_request', message });
  }
  const { outputs = [] } = overrides;
  const asked = askedSchemaOf(agent, outputs);
  const llmConfig = mergeLlmConfig(agent.llmConfig, overrides.llmConfig);
  const { executionId, turn, later } = call;
  const messageCount = later?.messageCount ?? prepared.messageCount;
  const heard = heardConversation(conversation.messages, { executionId, turn, messageCount });
  const shown = agent.fallbacks === undefined ? [] : await ownPictures(storage, heard.messages, executionId);
  const begun = new TurnRoute(stopsOf(agent, prepared.model, shown), previous);
  const { route, ...trial } =
    finished === undefined ? await passOpenBreakers(breakers, begun, previous.failures) : { route: begun };
  const { provider } = route;
  const capabilities = capabilitiesOf(provider);
  const { messages, leftOut } = fitConversation(heard.messages, {
    contextTokens: capabilities.contextTokens,
    maxTokens: llmConfig.maxTokens,
    ownFrom: heard.ownFrom,
  });
  const seen = await withPictures(storage, messages, { executionId, limits: capabilities.pictures });
  const request: ModelRequest = {
    provider,
    llmConfig,
    messages: seen.messages.map((message) => keptFor(message, provider)),
    tools: toolsOf(agent, offers),
    ...(asked === undefined ? {} : { outputSchema: asked }),
    timeoutMs: prepared.timeoutSeconds * 1000,
    ...ofAgent(agent),
    fetchingFor: executionId,
  };
  const warnings = [
    ...(leftOut === 0 ? [] : [leftOutWarning(leftOut)]),
    ...seen.warnings,
    ...missingTools(agent, offers),
  ];
  return {
    schema: outputSchemaOf(agent, outputs),
    request,
    warnings,
    route,
    ...trial,
    ...(finished === undefined ? {} : { finished: turnResultOf(finished) }),
  };
}

function ofAgent({ id, prompts, strictParameters }: Agent): Pick<ModelRequest, 'promptsOf' | 'strictParameters'> {
  return { strictParameters, promptsOf: `${id} ${prompts.system}` };
}

function stopsOf(agent: Agent, model: string, shown: readonly Picture[]) {
  return providerRoute(agent, model, (provider) =>
    takesPictures(shown, { model: provider.model, limits: capabilitiesOf(provider).pictures }),
  );
}

/** What another provider wanted back is not this one's. */
function keptFor(message: RequestMessage, provider: LlmProvider): RequestMessage {
  const { providerState, ...others } = message;
  const from = providerState?.from;
  return from === undefined || from === providerKey(provider) ? message : others;
}

function toolsOf({ tools }: Agent, offers: readonly ToolOffer[]): readonly ToolSpec[] {
  return offers
    .filter(({ name }) => isAmongTools(tools, name))
    .map(({ name, description, parameters }) => ({ name, description, parameters }));
}

function missingTools({ tools }: Agent, offers: readonly ToolOffer[]): readonly string[] {
  return tools
    .filter((name) => !offers.some((offer) => meansTool(name, offer.name)))
    .map((name) => `The model was not given the tool "${name}": no worker offers it any more.`);
}

function leftOutWarning(leftOut: number): string {
  const messages = leftOut === 1 ? 'message was' : 'messages were';
  return `${leftOut} older ${messages} left out of the conversation: it is longer than the model's context.`;
}
