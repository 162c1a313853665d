import type { ToolOffer } from '../../core/agents/tool-offer.js';
import { idempotencyKeyOf, type ToolCallPlace, type ToolOutcome } from '../../core/executions/tool-call.js';
import { storable } from '../../core/json/well-formed-text.js';
import type { StoredToolCall, ToolStore } from '../tool-store.js';

interface Call extends StoredToolCall {
  readonly place: ToolCallPlace;
  readonly attempt: string;
}

export class MemoryToolStore implements ToolStore {
  #offers = new Map<string, { readonly offer: ToolOffer; readonly at: string }>();
  readonly #calls = new Map<string, Call>();

  offer(tools: readonly ToolOffer[], at: string, forgetBefore: string): Promise<void> {
    for (const offer of tools) this.#offers.set(offer.name, { offer: storable(offer), at });
    this.#offers = new Map([...this.#offers].filter(([, offered]) => offered.at >= forgetBefore));
    return Promise.resolve();
  }

  offers(): Promise<readonly ToolOffer[]> {
    const offers = [...this.#offers.values()].map(({ offer }) => offer);
    return Promise.resolve(offers.sort((left, right) => (left.name < right.name ? -1 : 1)));
  }

  beginCall(place: ToolCallPlace, attempt: string): Promise<StoredToolCall> {
    const key = idempotencyKeyOf(place);
    const before = this.#calls.get(key);
    const attempts = (before?.attempts ?? 0) + (before?.attempt === attempt ? 0 : 1);
    const call = { ...before, place, attempt, attempts };
    this.#calls.set(key, call);
    return Promise.resolve(storedCall(call));
  }

  endCall(place: ToolCallPlace, outcome: ToolOutcome): Promise<ToolOutcome> {
    const key = idempotencyKeyOf(place);
    const before = this.#calls.get(key);
    if (before === undefined) return Promise.resolve(outcome);
    const kept = before.outcome ?? storable(outcome);
    this.#calls.set(key, { ...before, outcome: kept });
    return Promise.resolve(kept);
  }

  outcomes(executionId: string, turn: number): Promise<ReadonlyMap<number, ToolOutcome>> {
    const calls = [...this.#calls.values()].filter(
      ({ place }) => place.executionId === executionId && place.turn === turn,
    );
    const ended = calls.flatMap(({ place, outcome }) =>
      outcome === undefined ? [] : [[place.index, outcome] as const],
    );
    return Promise.resolve(new Map(ended));
  }
}

function storedCall({ attempts, outcome }: Call): StoredToolCall {
  return { attempts, ...(outcome === undefined ? {} : { outcome }) };
}
