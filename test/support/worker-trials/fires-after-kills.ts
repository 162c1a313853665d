import { setTimeout as delay } from 'node:timers/promises';

import { tokenQuery } from '../../../src/contract/messages.js';
import { createToken, createWorkflow, fire } from '../api-client.js';
import type { TrialPlace } from './watched-answer.js';

/** Before the kill, and after the last that was asked of a token then. */
const PAUSE_MS = 100;
const BEFORE_MS = 1000;
const AFTER_MS = 3000;
const MOVING = 'moving';

export interface FiresResult {
  /** In milliseconds: what was asked by then and not answered when the worker was killed, or was asked within seconds of it. */
  readonly fires: readonly number[];
  readonly queries: readonly number[];
  readonly wrong: readonly string[];
}

/** A token that somebody moves to and fro, and asks how it is, again and again. */
class MovedToken {
  readonly #place: TrialPlace;
  readonly #id: string;
  #isAway = false;

  constructor(place: TrialPlace, id: string) {
    [this.#place, this.#id] = [place, id];
  }

  async fire(): Promise<void> {
    const transitionId = this.#isAway ? 'return' : 'go';
    await fire(this.#place.here.address, { tokenId: this.#id, transitionId });
    this.#isAway = !this.#isAway;
  }

  /** As people do who have Temporal's own client. */
  async query(): Promise<void> {
    const { place } = await this.#place.surroundings.client.workflow.getHandle(this.#id).query(tokenQuery);
    this.#isAway = place === 'there';
  }
}

export class MovedTokens {
  readonly #place: TrialPlace;
  readonly #tokens: readonly MovedToken[];

  private constructor(place: TrialPlace, tokens: readonly MovedToken[]) {
    [this.#place, this.#tokens] = [place, tokens];
  }

  static async make(place: TrialPlace, count: number): Promise<MovedTokens> {
    const { address } = place.here;
    const transitions = [
      { id: 'go', fromPlaces: ['here'], toPlace: 'there' },
      { id: 'return', fromPlaces: ['there'], toPlace: 'here' },
    ];
    const places = { places: ['here', 'there'], initialPlace: 'here' };
    await createWorkflow(address, { id: MOVING, name: 'Moving', ...places, transitions });
    const ids = await Promise.all(Array.from({ length: count }, () => createToken(address, { workflowId: MOVING })));
    return new MovedTokens(
      place,
      ids.map((id) => new MovedToken(place, id)),
    );
  }

  /** Of two workers one is killed meanwhile. Both are there again afterwards. */
  async killOneOfTwo(): Promise<FiresResult> {
    const { here, random } = this.#place;
    const ending = new AbortController();
    const asked = { fire: [], query: [] } as Record<
      'fire' | 'query',
      { readonly endedAt: number; readonly tookMs: number }[]
    >;
    const wrong: string[] = [];
    const callers = this.#tokens.map(async (token) => {
      while (!ending.signal.aborted) {
        for (const what of ['fire', 'query'] as const) {
          const startedAt = performance.now();
          await token[what]().catch((error: unknown) => wrong.push(`${what}: ${String(error)}`));
          const endedAt = performance.now();
          asked[what].push({ endedAt, tookMs: endedAt - startedAt });
          await delay(PAUSE_MS * random());
        }
      }
    });
    await delay(BEFORE_MS + random() * PAUSE_MS);
    const victim = here.workers.splice(Math.floor(random() * here.workers.length), 1)[0];
    const killedAt = performance.now();
    await victim?.kill();
    await delay(AFTER_MS);
    ending.abort();
    await Promise.all(callers);
    await here.startWorker();
    const after = (what: 'fire' | 'query') =>
      asked[what].filter(({ endedAt }) => endedAt > killedAt).map(({ tookMs }) => tookMs);
    return { fires: after('fire'), queries: after('query'), wrong };
  }
}
