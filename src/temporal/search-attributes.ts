import { setTimeout as delay } from 'node:timers/promises';

import type { Connection } from '@temporalio/client';

import { CircuitBreakerError } from '../core/errors.js';
import { searchAttributes } from '../contract/search-attributes.js';

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;
const USABLE_TIMEOUT_MS = 20_000;

/**
 * Sees to it that the namespace has our search attributes: missing ones are added. Throws UNAVAILABLE when one is there
 * with another type (the server would accept it silently, and lists would be wrong) or when none may be added.
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const names = Object.values(searchAttributes).map(({ name }) => name);
  const missing = await missingAttributes(connection, namespace, names);
  if (missing.length === 0) return;
  await addAttributes(connection, namespace, missing);
  const deadline = Date.now() + USABLE_TIMEOUT_MS;
  while ((await missingAttributes(connection, namespace, names)).length > 0 && Date.now() < deadline) await delay(100);
}

async function missingAttributes(
  connection: Connection,
  namespace: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const types: Readonly<Record<string, number | undefined>> = customAttributes;
  const wrong = names.find((name) => types[name] !== undefined && types[name] !== KEYWORD);
  if (wrong === undefined) return names.filter((name) => types[name] === undefined);
  const message = `The search attribute ${wrong} exists in namespace "${namespace}" with another type than Keyword. Rename or remove it, or use another namespace (TEMPORAL_NAMESPACE).`;
  throw new CircuitBreakerError('UNAVAILABLE', message);
}

async function addAttributes(connection: Connection, namespace: string, names: readonly string[]): Promise<void> {
  try {
    const attributes = Object.fromEntries(names.map((name) => [name, KEYWORD]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributes });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const commands = names.map(
      (name) => `  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
    );
    const message = `Namespace "${namespace}" lacks search attributes, and they could not be added (${reason}). Add them:\n${commands.join('\n')}`;
    throw new CircuitBreakerError('UNAVAILABLE', message);
  }
}
