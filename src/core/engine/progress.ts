import type { DecisionBounds } from './decision-bounds.js';
import type { Decision, Effect, Facts } from './decision.js';
import type { WorkflowDefinition } from '../definitions/definition.js';
import type { RuleBudget } from '../rules/rule-budget.js';
import type { Token, TokenEvent } from '../tokens/token.js';

/** A decision in the making: each step gives a new one. */
export interface Progress extends Decision {
  readonly definition: WorkflowDefinition;
  readonly facts: Facts;
  /** What the rules of this decision may still spend. */
  readonly budget: RuleBudget;
  /** What else it may take. */
  readonly bounds: DecisionBounds;
}

export type EventDraft = Omit<TokenEvent, 'version' | 'place' | 'timestamp'>;

/** The fields that a change replaces; undefined takes an optional one away. */
export type TokenChange = { readonly [Field in keyof Token]?: Token[Field] | undefined };

/** One change of the token: its version grows by one, and the events carry the new version and place. */
export function change(progress: Progress, fields: TokenChange, events: readonly EventDraft[]): Progress {
  const { token, facts } = progress;
  const next = applied(token, { ...fields, version: token.version + 1, updatedAt: facts.now });
  return tell({ ...progress, token: next }, events);
}

/** The token's own bookkeeping, which nobody outside sees: no change, no event. */
export function withToken(progress: Progress, fields: TokenChange): Progress {
  return { ...progress, token: applied(progress.token, fields) };
}

/** Events about something that did not change the token. */
export function tell(progress: Progress, events: readonly EventDraft[]): Progress {
  const { token, facts } = progress;
  const stamped = events.map((event) => ({
    ...event,
    version: token.version,
    place: token.place,
    timestamp: facts.now,
  }));
  return { ...progress, events: [...progress.events, ...stamped] };
}

export function ask(progress: Progress, effect: Effect): Progress {
  return { ...progress, effects: [...progress.effects, effect] };
}

/** The token with the fields replaced. Those taken away are left out: an absent key and undefined differ in JSON. */
function applied(token: Token, fields: TokenChange): Token {
  const kept = Object.entries({ ...token, ...fields }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as Token;
}
