import { setTimeout as pause } from 'node:timers/promises';

import { LRUCache } from 'lru-cache';

import type { KeyMarkKind, ProviderKeyStore } from '../../storage/provider-key-store.js';
import { ModelError } from '../../core/executions/model-error.js';
import { chooseEndpoint, openEndpoints, type EndpointChoice, type EndpointState } from './choose-endpoint.js';
import type { Endpoint, Endpoints } from './endpoint.js';
import { KnownEndpoint, type Mark } from './known-endpoint.js';
import { allRefused, heldBack } from './resting-endpoints.js';

/** What storage said is believed for so long. */
const READ_EVERY_MS = 500;
/** Storage that takes longer is not waited for. */
const READ_PATIENCE_MS = 250;
const MARK_PATIENCE_MS = 1_000;
const MOST_KNOWN = 2_000;

/** A rest that begins now. */
export interface NewMark {
  readonly kind: KeyMarkKind;
  /** Empty: whatever the model. */
  readonly model: string;
  readonly forMs: number;
}

/** One call: all that it may go to, for which model, and what it has been tried with. */
export interface Call {
  readonly endpoints: Endpoints;
  readonly model: string;
  readonly tried: readonly Endpoint[];
}

interface PoolOptions {
  /** Absent: this process knows what it saw itself. */
  readonly store?: ProviderKeyStore;
  readonly nowMs?: () => number;
}

/**
 * Which of several keys and addresses each call goes to (`chooseEndpoint`), and which of them rest. One per process; what rests and
 * until when is shared with others through storage, and where that is away this process goes by what it saw itself.
 */
export class EndpointPool {
  readonly #known = new LRUCache<string, KnownEndpoint>({ max: MOST_KNOWN });
  readonly #store: ProviderKeyStore | undefined;
  readonly #nowMs: () => number;
  #chosen = 0;

  constructor({ store, nowMs = Date.now }: PoolOptions = {}) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /**
   * One for a call, which is under way there until `leave`. Throws ModelError: `rate_limit` with `heldBack` where all have to rest,
   * and `auth` or `quota` where all were refused.
   */
  async take(call: Call): Promise<Endpoint> {
    await this.#read(call.endpoints);
    const endpoint = this.#untried(call);
    if (endpoint === undefined) throw this.whyNone(call) ?? new ModelError('auth', 'No key is left for this call.');
    const known = this.#of(endpoint);
    known.underWay += 1;
    this.#chosen += 1;
    known.lastChosen = this.#chosen;
    return endpoint;
  }

  /** All that a call may go to now, those first that could be reached lately. Throws as `take` does where there is none. */
  async open(call: Call): Promise<readonly [Endpoint, ...Endpoint[]]> {
    await this.#read(call.endpoints);
    const open = openEndpoints(this.#states(call.endpoints, call), this.#nowMs());
    const [first, ...others] = open.flatMap((index) => call.endpoints[index] ?? []);
    if (first === undefined) throw this.whyNone(call) ?? new ModelError('auth', 'No key is left for this call.');
    return [first, ...others];
  }

  leave(endpoint: Endpoint): void {
    const known = this.#of(endpoint);
    known.underWay = Math.max(0, known.underWay - 1);
  }

  /** Whether a call that has failed may go on at once, with another. */
  hasAnother(call: Call): boolean {
    return this.#untried(call) !== undefined;
  }

  /** Why none of them may be used now; `undefined`: one may. */
  whyNone({ endpoints, model }: Call): ModelError | undefined {
    const nowMs = this.#nowMs();
    const choice = this.#choose(endpoints, { endpoints, model }, nowMs);
    switch (choice.type) {
      case 'use':
        return undefined;
      case 'wait':
        return heldBack(endpoints, choice.untilMs - nowMs);
      case 'refused':
        return allRefused(
          endpoints,
          endpoints.flatMap((endpoint) =>
            this.#of(endpoint)
              .marks(nowMs)
              .map(({ kind }) => kind),
          ),
        );
    }
  }

  /** Tells all processes. Resolves when they can know, or when storage does not take it in time. */
  async mark(endpoint: Endpoint, mark: NewMark): Promise<void> {
    const madeMs = this.#nowMs();
    const stored = this.#of(endpoint).add({
      ...{ kind: mark.kind, model: mark.model },
      ...{ madeMs, untilMs: madeMs + mark.forMs },
    });
    const telling = this.#store?.mark({ endpoint: endpoint.id, ...mark }).then(
      () => {
        stored(this.#nowMs() + 2 * READ_EVERY_MS);
      },
      // It stays in force here.
      () => undefined,
    );
    await inTime(telling, MARK_PATIENCE_MS);
  }

  /** For a while others come first: of this process alone, since it may be its network. */
  doubt(endpoint: Endpoint, forMs: number): void {
    this.#of(endpoint).doubtedUntilMs = this.#nowMs() + forMs;
  }

  /** A call has worked. */
  praise(endpoint: Endpoint): void {
    const known = this.#of(endpoint);
    const wasRefused = known.marks(this.#nowMs()).some(({ kind }) => kind !== 'limited');
    known.clearRefusals();
    if (wasRefused) this.#store?.clearRefusals(endpoint.id).catch(() => undefined);
  }

  #untried(call: Call): Endpoint | undefined {
    const tried = new Set(call.tried.map(({ id }) => id));
    const left = call.endpoints.filter(({ id }) => !tried.has(id));
    const choice = this.#choose(left, call, this.#nowMs());
    return choice.type === 'use' ? left[choice.index] : undefined;
  }

  #choose(among: readonly Endpoint[], call: Omit<Call, 'tried'>, nowMs: number): EndpointChoice {
    return chooseEndpoint(this.#states(among, call), nowMs);
  }

  #states(among: readonly Endpoint[], { endpoints, model }: Omit<Call, 'tried'>): readonly EndpointState[] {
    const states = among.map((endpoint) => this.#of(endpoint).stateFor(model, this.#nowMs()));
    // The only one there is, is asked again and again: its provider knows best whether it is mended.
    return endpoints.length > 1 ? states : states.map((state) => ({ ...state, refusedUntilMs: 0 }));
  }

  /** What others saw. Several calls at once ask once. */
  async #read(endpoints: Endpoints): Promise<void> {
    const nowMs = this.#nowMs();
    const due = endpoints.map((endpoint) => ({ endpoint, known: this.#of(endpoint) }));
    if (this.#store === undefined || due.every(({ known }) => nowMs - known.readMs < READ_EVERY_MS)) {
      await inTime(due[0]?.known.reading, READ_PATIENCE_MS);
      return;
    }
    const reading = this.#store
      .list(endpoints.map(({ id }) => id))
      .then((held) => {
        const readMs = this.#nowMs();
        for (const { endpoint, known } of due) {
          const marks = held.filter((mark) => mark.endpoint === endpoint.id);
          known.take(
            marks.map(({ kind, model, forMs, sinceMs }): Mark => {
              return { kind, model, madeMs: readMs - sinceMs, untilMs: readMs + forMs };
            }),
            readMs,
          );
        }
      })
      .catch(() => undefined)
      .finally(() => {
        for (const { known } of due) if (known.reading === reading) known.reading = undefined;
      });
    for (const { known } of due) {
      known.readMs = nowMs;
      known.reading = reading;
    }
    await inTime(reading, READ_PATIENCE_MS);
  }

  #of({ id }: Endpoint): KnownEndpoint {
    const known = this.#known.get(id) ?? new KnownEndpoint();
    this.#known.set(id, known);
    return known;
  }
}

/** Never rejects: what comes too late, or not at all, is done without. */
async function inTime(work: Promise<void> | undefined, patienceMs: number): Promise<void> {
  if (work === undefined) return;
  const over = new AbortController();
  await Promise.race([work, pause(patienceMs, undefined, { signal: over.signal, ref: false }).catch(() => undefined)]);
  over.abort();
}
