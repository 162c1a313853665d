import { setTimeout } from 'node:timers/promises';

import { CircuitBreakerError } from '../../core/errors.js';
import type { TypedLines } from './typed-lines.js';
import type { ClientParts } from '../run-client.js';
import { fireTransition } from './token-mutations.js';
import { waysOut, type ShownToken } from './token-view.js';

/** Others may move the token while a person thinks. */
const LOOK_AGAIN_MS = 300;

interface FireDeskOptions {
  /** Fired first, one whenever the token waits. */
  readonly transitions: readonly string[];
  /** What a person types; absent: nobody is at a terminal. */
  readonly typed?: Pick<TypedLines, 'next' | 'isOver'>;
}

/** Moves a token on where it waits: by the transitions that were asked for, then by those that a person picks. */
export class FireDesk {
  readonly #parts: Pick<ClientParts, 'api' | 'say' | 'ending'>;
  readonly #typed: FireDeskOptions['typed'];
  readonly #transitions: string[];

  constructor(parts: Pick<ClientParts, 'api' | 'say' | 'ending'>, { transitions, typed }: FireDeskOptions) {
    this.#parts = parts;
    this.#transitions = [...transitions];
    this.#typed = typed;
  }

  /**
   * Fires at most one transition of a token that waits. Resolves within moments, so that the token can be looked at again; `isNew`
   * says whether it waits there since the last look, so that it is said once. Throws the refusal of a transition that was asked for.
   */
  async attend(token: ShownToken, isNew: boolean): Promise<void> {
    const { api, say, ending } = this.#parts;
    const asked = this.#transitions.shift();
    if (asked !== undefined) {
      await fireTransition(api, { tokenId: token.id, transitionId: asked });
      return;
    }
    const ways = waysByHand(token);
    if (isNew) {
      say(`Waits in ${token.place}; Ctrl-C leaves it there.`);
      for (const way of waysOut(token)) say(way);
      this.#ask(ways);
    }
    const line = ways.length === 0 ? undefined : await this.#typedSoon();
    if (line === undefined) await setTimeout(LOOK_AGAIN_MS, undefined, { signal: ending });
    else await this.#take(token, ways, line);
  }

  async #take({ id }: ShownToken, ways: readonly string[], line: string): Promise<void> {
    const { api, say } = this.#parts;
    const word = line.trim();
    const picked = ways.find((way, index) => way === word || String(index + 1) === word);
    if (picked === undefined) {
      this.#ask(ways);
      return;
    }
    try {
      await fireTransition(api, { tokenId: id, transitionId: picked });
    } catch (error) {
      if (!(error instanceof CircuitBreakerError)) throw error;
      say(error.message);
      this.#ask(ways);
    }
  }

  #ask(ways: readonly string[]): void {
    if (this.#typed === undefined || this.#typed.isOver || ways.length === 0) return;
    this.#parts.say(`Fire which? Type ${ways.map((way, index) => `${index + 1} or ${way}`).join(', ')}.`);
  }

  /** Undefined: nothing was typed for a moment, or nobody can. */
  async #typedSoon(): Promise<string | undefined> {
    if (this.#typed === undefined || this.#typed.isOver) return undefined;
    const over = new AbortController();
    const pause = setTimeout(LOOK_AGAIN_MS, undefined, { signal: AbortSignal.any([over.signal, this.#parts.ending]) });
    try {
      return await Promise.race([this.#typed.next(), pause]);
    } finally {
      over.abort();
      pause.catch(() => undefined);
    }
  }
}

/** Transitions that somebody has to fire. */
function waysByHand({ transitions }: ShownToken): readonly string[] {
  return transitions.flatMap(({ transition: { id, trigger } }) => (trigger === 'manual' ? [id] : []));
}
