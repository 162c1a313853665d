import { fileURLToPath } from 'node:url';

import { defaultPayloadConverter, type DataConverter } from '@temporalio/common';

import type { PayloadKey } from '../core/payload-keys.js';
import { failureConverter } from './encoded-failures.js';
import { PayloadEncryption } from './payload-encryption.js';

/** What a process encrypts payloads with; undefined where it has no keys. */
export function payloadEncryption([first, ...others]: readonly PayloadKey[]): PayloadEncryption | undefined {
  return first === undefined ? undefined : new PayloadEncryption([first, ...others]);
}

/** How every client of ours writes and reads what Temporal carries. */
export function clientDataConverter(keys: readonly PayloadKey[]): DataConverter {
  const encryption = payloadEncryption(keys);
  if (encryption === undefined) return {};
  // Loaded already, as the SDK takes it, too: it would look for a file.
  const loaded = { payloadConverter: defaultPayloadConverter, failureConverter, payloadCodecs: [encryption] };
  return loaded;
}

/** The same for workers. The code of the workflows has a converter of failures of its own. */
export function workerDataConverter(keys: readonly PayloadKey[]): DataConverter {
  const encryption = payloadEncryption(keys);
  if (encryption === undefined) return {};
  return { payloadCodecs: [encryption], failureConverterPath: besides('encoded-failures') };
}

function besides(name: string): string {
  return fileURLToPath(import.meta.url.replace(/data-converter\.(ts|js)$/, `${name}.$1`));
}
