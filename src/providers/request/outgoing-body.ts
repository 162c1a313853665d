import type { LlmProvider } from '../../core/agents/agent.js';
import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import { listAt } from '../../core/json/json-fields.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import type { WireFetch } from '../wire-format.js';

/** What an agent wants left out of the bodies of its requests, as paths (`a.b`). */
export function omittedFields({ options }: Pick<LlmProvider, 'options'>): readonly string[] {
  return listAt(options, 'omit').filter((path) => typeof path === 'string');
}

/** The body without the fields at these paths. An object that has nothing left goes too. */
export function leaveOut(body: JsonObject, paths: readonly string[]): JsonObject {
  return paths.reduce((rest, path) => without(rest, path.split('.')), body);
}

function without(body: JsonObject, [name = '', ...inner]: readonly string[]): JsonObject {
  const value = ownValue(body, name);
  const rest = Object.fromEntries(Object.entries(body).filter(([field]) => field !== name));
  if (value === undefined) return body;
  if (inner.length === 0) return rest;
  if (!isJsonObject(value)) return body;
  const left = without(value, inner);
  return Object.keys(left).length === 0 ? rest : { ...body, [name]: left };
}

/** The body of one request as it goes out: what the provider's SDK made, without what the agent wants left out. */
export class OutgoingBody {
  readonly #omitted: readonly string[];
  #text = '';

  constructor(provider: Pick<LlmProvider, 'options'>) {
    this.#omitted = omittedFields(provider);
  }

  /** What was sent, once it was; empty before. */
  get sent(): JsonObject {
    return parseJsonObject(this.#text) ?? {};
  }

  /** A `fetch` for the SDK. */
  over(fetch: WireFetch): WireFetch {
    return (input, init) => {
      if (typeof init?.body !== 'string') return fetch(input, init);
      this.#text = this.#cut(init.body);
      return fetch(input, { ...init, body: this.#text });
    };
  }

  #cut(text: string): string {
    const body = this.#omitted.length === 0 ? undefined : parseJsonObject(text);
    return body === undefined ? text : JSON.stringify(leaveOut(body, this.#omitted));
  }
}
