import { isJsonObject } from '../json/json.js';
import { jsonPointer, type JsonPath } from '../json/json-pointer.js';
import type { Problem } from '../json/problem.js';
import { DURATION_RULE, secondsOf } from './duration.js';

/**
 * Short forms, as people write definitions in files: `when` for an Expression rule, and durations such as `5m` for seconds.
 * Whatever is no short form stays as it is, for the schemas to judge.
 */
export interface Expanded {
  /** In the form of the API's inputs. */
  readonly input: unknown;
  /** By the pointer of what a short form became: that of the short form. */
  readonly written: ReadonlyMap<string, string>;
  /** Texts in place of seconds that are no duration. */
  readonly problems: readonly Problem[];
}

/** A workflow in the form of `WorkflowDefinitionInput`, from one that may have short forms. Changes nothing that it was given. */
export function expandWorkflow(input: unknown): Expanded {
  const work = new Expansion();
  return work.done(
    work.members(input, [], {
      transitions: work.each((item, at) => work.transition(item, at)),
      placeAgents: work.each((item, at) => work.placeAgent(item, at)),
      rules: (named, at) => work.everyMember(named, at, (rule, path) => work.rule(rule, path)),
    }),
  );
}

/** An agent in the form of `AgentInput`. */
export function expandAgent(input: unknown): Expanded {
  const work = new Expansion();
  return work.done(
    work.members(input, [], {
      approvalTimeoutSeconds: work.seconds,
      maxWaitSeconds: work.seconds,
      cache: (cache, at) => work.members(cache, at, { ttlSeconds: work.seconds }),
    }),
  );
}

type Change = (value: unknown, at: JsonPath) => unknown;

/** Deeper than any rule that is accepted: what is within stays as it is. */
const MAX_DEPTH = 100;

/** Seconds that are right everywhere: what else is wrong is then found as well. */
const STAND_IN = 1;

class Expansion {
  readonly #written = new Map<string, string>();
  readonly #problems: Problem[] = [];

  done(input: unknown): Expanded {
    return { input, written: this.#written, problems: this.#problems };
  }

  /** The object with some of its members changed, where they are there; anything else as it is. */
  members(input: unknown, at: JsonPath, changes: Readonly<Record<string, Change>>): unknown {
    if (!isJsonObject(input)) return input;
    const changed = Object.entries(changes).flatMap(([name, change]) =>
      Object.hasOwn(input, name) ? [[name, change(input[name], [...at, name])] as const] : [],
    );
    return { ...input, ...Object.fromEntries(changed) };
  }

  everyMember(input: unknown, at: JsonPath, change: Change): unknown {
    if (!isJsonObject(input)) return input;
    return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, change(value, [...at, name])]));
  }

  each(change: Change): Change {
    return (list, at) =>
      Array.isArray(list) ? list.map((item: unknown, index) => change(item, [...at, index])) : list;
  }

  readonly seconds: Change = (value, at) => {
    if (typeof value !== 'string') return value;
    const seconds = secondsOf(value);
    if (seconds !== undefined) return seconds;
    this.#problems.push({ code: 'INVALID_VALUE', pointer: jsonPointer(at), message: DURATION_RULE });
    return STAND_IN;
  };

  transition(input: unknown, at: JsonPath): unknown {
    const changed = this.members(input, at, {
      rules: this.#rules,
      agentExecution: (use, path) => this.members(use, path, this.#inUse),
    });
    if (!isJsonObject(changed) || !Object.hasOwn(changed, 'when')) return changed;
    const { when, rules = [], ...rest } = changed;
    const before: readonly unknown[] | undefined = Array.isArray(rules) ? rules : rules === null ? [] : undefined;
    if (before === undefined) return changed;
    const pointer = jsonPointer([...at, 'rules', before.length]);
    this.#written.set(pointer, jsonPointer([...at, 'when']));
    return { ...rest, rules: [...before, { type: 'Expression', expression: when }] };
  }

  placeAgent(input: unknown, at: JsonPath): unknown {
    return this.members(input, at, {
      ...this.#inUse,
      triggerConditions: this.#rules,
      schedule: (schedule, path) =>
        this.members(schedule, path, { initialDelaySeconds: this.seconds, intervalSeconds: this.seconds }),
    });
  }

  readonly #inUse: Readonly<Record<string, Change>> = {
    timeoutSeconds: this.seconds,
    retryConfig: (config, path) => this.members(config, path, { backoffSeconds: this.seconds }),
  };

  /** A rule whose only member, besides its notes, is `when`. */
  rule(input: unknown, at: JsonPath): unknown {
    if (at.length > MAX_DEPTH) return input;
    const changed = this.members(input, at, { rules: this.#rules, rule: (inner, path) => this.rule(inner, path) });
    if (!isJsonObject(changed) || !Object.hasOwn(changed, 'when') || Object.hasOwn(changed, 'type')) return changed;
    const { when, ...rest } = changed;
    this.#written.set(jsonPointer([...at, 'expression']), jsonPointer([...at, 'when']));
    return { type: 'Expression', expression: when, ...rest };
  }

  readonly #rules: Change = this.each((rule, at) => this.rule(rule, at));
}
