import { SpanKind } from '@opentelemetry/api';

import type { Storage } from '../storage/storage.js';
import type { Traces } from '../telemetry/traces.js';

/** As OpenTelemetry names them. */
const SYSTEMS: Readonly<Record<string, string>> = {
  postgres: 'postgresql',
  postgresql: 'postgresql',
  pglite: 'postgresql',
  rediss: 'redis',
};

/** The storage, with what is asked of it noted in the trace that asks. `url`: whose scheme names the backend. */
export function tracedStorage(storage: Storage, url: string, traces: Traces): Storage {
  if (!traces.isOn) return storage;
  const scheme = url.slice(0, url.indexOf(':'));
  const system = SYSTEMS[scheme] ?? scheme;
  return remembering(storage, (value, name) =>
    isStore(value) ? tracedStore(value, { collection: name, system, traces }) : value,
  );
}

interface StorePlace {
  readonly collection: string;
  readonly system: string;
  readonly traces: Traces;
}

function tracedStore(store: object, { collection, system, traces }: StorePlace): object {
  return remembering(store, (value, operation) => {
    if (!isMethod(value)) return value;
    const attributes = {
      'db.system.name': system,
      'db.operation.name': operation,
      'db.collection.name': collection,
    };
    const start = { name: `${operation} ${collection}`, kind: SpanKind.CLIENT, attributes };
    return (...args: unknown[]) => traces.within(start, () => value(...args));
  });
}

/** An object whose members are made by `make` of its own, each once; methods know whose they are. */
function remembering<Target extends object>(target: Target, make: (value: unknown, name: string) => unknown): Target {
  const members = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get: (_, name) => {
      if (members.has(name)) return members.get(name);
      const value: unknown = Reflect.get(target, name, target);
      const made = make(
        isMethod(value) ? (...args: unknown[]) => Reflect.apply(value, target, args) : value,
        String(name),
      );
      members.set(name, made);
      return made;
    },
  });
}

function isStore(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

type Method = (...args: unknown[]) => unknown;

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
