import { isJsonObject, jsonEquals, type JsonObject, type JsonValue } from '../json/json.js';
import { durationOf } from './duration.js';

/** What a member is when it is left out. */
const AGENT_DEFAULTS: JsonObject = {
  description: '',
  llmConfig: {},
  capabilities: [],
  tools: [],
  maxTurns: 10,
  strictParameters: false,
};
const PROVIDER_DEFAULTS: JsonObject = { headers: {}, options: {} };
const CACHE_DEFAULTS: JsonObject = { scope: 'AGENT' };
const WORKFLOW_DEFAULTS: JsonObject = { rules: {}, placeAgents: [] };
const TRANSITION_DEFAULTS: JsonObject = { trigger: 'manual', conditions: [], rules: [] };
const USE_DEFAULTS: JsonObject = { enabled: true, inputMapping: {}, outputMapping: {} };
const AGENT_TRANSITION_DEFAULTS: JsonObject = { ...USE_DEFAULTS, required: true };
const PLACE_AGENT_DEFAULTS: JsonObject = { ...USE_DEFAULTS, triggerConditions: [] };

/** In the order in which people read them; others come behind. */
const AGENT_ORDER = [
  'id',
  'name',
  'description',
  'llmProvider',
  'fallbacks',
  'llmConfig',
  'prompts',
  'outputSchema',
  'tools',
];
const WORKFLOW_ORDER = ['id', 'name', 'description', 'places', 'initialPlace', 'rules', 'transitions', 'placeAgents'];
const TRANSITION_ORDER = [
  'id',
  'name',
  'description',
  'fromPlaces',
  'toPlace',
  'trigger',
  'conditions',
  'rules',
  'when',
];
const PLACE_AGENT_ORDER = ['id', 'placeId', 'agentId'];

/** An agent as a person would write it: without what is so anyway, with durations. Means the same to `expandAgent`. */
export function shortAgent(agent: JsonObject): JsonObject {
  return ordered(
    changed(without(agent, AGENT_DEFAULTS), {
      llmProvider: shortProvider,
      fallbacks: each((fallback) => changed(fallback, { llmProvider: shortProvider })),
      approvalTimeoutSeconds: duration,
      cache: (cache) =>
        isJsonObject(cache) ? changed(without(cache, CACHE_DEFAULTS), { ttlSeconds: duration }) : cache,
      maxWaitSeconds: duration,
    }),
    AGENT_ORDER,
  );
}

function shortProvider(provider: JsonValue): JsonValue {
  return isJsonObject(provider) ? without(provider, PROVIDER_DEFAULTS) : provider;
}

/** A workflow as a person would write it: without what is so anyway, with `when` and durations. Means the same to `expandWorkflow`. */
export function shortWorkflow(workflow: JsonObject): JsonObject {
  return ordered(
    changed(without(workflow, WORKFLOW_DEFAULTS), {
      rules: (rules) =>
        isJsonObject(rules)
          ? Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, shortRule(rule)]))
          : rules,
      transitions: each(shortTransition),
      placeAgents: each(shortPlaceAgent),
    }),
    WORKFLOW_ORDER,
  );
}

function shortTransition(transition: JsonObject): JsonObject {
  const { rules, ...rest } = changed(transition, {
    rules: each(shortRule),
    agentExecution: (use) => (isJsonObject(use) ? shortUse(without(use, AGENT_TRANSITION_DEFAULTS)) : use),
  });
  const all: readonly JsonValue[] = Array.isArray(rules) ? (rules as readonly JsonValue[]) : [];
  const last = all.at(-1);
  const isWhen = isJsonObject(last) && Object.keys(last).length === 1 && typeof last['when'] === 'string';
  const short = isWhen ? { ...rest, rules: all.slice(0, -1), when: last['when'] ?? '' } : { ...rest, rules: all };
  return ordered(without(short, TRANSITION_DEFAULTS), TRANSITION_ORDER);
}

function shortPlaceAgent(agent: JsonObject): JsonObject {
  const short = changed(shortUse(without(agent, PLACE_AGENT_DEFAULTS)), {
    triggerConditions: each(shortRule),
    schedule: (schedule) =>
      isJsonObject(schedule)
        ? changed(schedule, { initialDelaySeconds: duration, intervalSeconds: duration })
        : schedule,
  });
  return ordered(short, PLACE_AGENT_ORDER);
}

function shortUse(use: JsonObject): JsonObject {
  return changed(use, {
    timeoutSeconds: duration,
    retryConfig: (config) => (isJsonObject(config) ? changed(config, { backoffSeconds: duration }) : config),
  });
}

/** An expression by itself, or with its notes, as `when`; within other rules as well. */
function shortRule(rule: JsonValue): JsonValue {
  if (!isJsonObject(rule)) return rule;
  const { type, expression, ...notes } = rule;
  if (type === 'Expression' && typeof expression === 'string') return { when: expression, ...notes };
  return changed(rule, { rules: each(shortRule), rule: shortRule });
}

function duration(seconds: JsonValue): JsonValue {
  return (typeof seconds === 'number' ? durationOf(seconds) : undefined) ?? seconds;
}

function each(change: (item: JsonObject) => JsonValue): (list: JsonValue) => JsonValue {
  const one = (item: JsonValue) => (isJsonObject(item) ? change(item) : item);
  return (list) => (Array.isArray(list) ? (list as readonly JsonValue[]).map(one) : list);
}

function changed(object: JsonObject, changes: Readonly<Record<string, (value: JsonValue) => JsonValue>>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      const change = Object.hasOwn(changes, name) ? changes[name] : undefined;
      return [name, change === undefined ? value : change(value)];
    }),
  );
}

function without(object: JsonObject, defaults: JsonObject): JsonObject {
  const isDefault = ([name, value]: readonly [string, JsonValue]) => {
    const usual = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    return usual !== undefined && jsonEquals(value, usual);
  };
  return Object.fromEntries(Object.entries(object).filter((entry) => !isDefault(entry)));
}

function ordered(object: JsonObject, order: readonly string[]): JsonObject {
  const placeOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.fromEntries(Object.entries(object).toSorted(([one], [other]) => placeOf(one) - placeOf(other)));
}
