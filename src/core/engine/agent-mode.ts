import { activeAgent, type AgentTransition, type AgentUse, type Transition } from '../definitions/definition.js';
import { modeFor, type RolloutMode } from '../definitions/rollout.js';
import type { Blocker } from '../rules/blocker.js';
import type { Token } from '../tokens/token.js';

/** How far the use of an agent has been brought in for one token, now. */
export function modeOf({ rollout }: Pick<AgentUse, 'rollout'>, { id }: Pick<Token, 'id'>): RolloutMode {
  return rollout === undefined ? 'on' : modeFor(rollout, id);
}

/** The agent that a token waits for when it takes a transition; one that is off for it, or runs in the shadow, is as none. */
export function awaitedAgent(transition: Transition, token: Pick<Token, 'id'>): AgentTransition | undefined {
  const agent = activeAgent(transition);
  return agent !== undefined && modeOf(agent, token) === 'on' ? agent : undefined;
}

/** A transition whose agent is required is not taken without it. */
export function offBlockers(transition: Transition, token: Pick<Token, 'id'>): readonly Blocker[] {
  const agent = activeAgent(transition);
  if (agent?.required !== true || modeOf(agent, token) === 'on') return [];
  const { mode, percent } = agent.rollout ?? { mode: 'off', percent: 0 };
  const how = mode === 'on' ? `is on for ${percent} % of the tokens, and this one is not among them` : `is ${mode}`;
  const message = `agent ${agent.agentId} of transition ${transition.id} ${how}, and the transition requires it`;
  return [{ code: 'AGENT_OFF', message }];
}
