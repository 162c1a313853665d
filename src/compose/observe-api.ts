import type { Storage } from '../storage/storage.js';
import type { StreamReader } from '../streams/reading/reader.js';
import type { Metrics } from '../telemetry/metrics.js';
import { observeReader } from './observe-reader.js';
import { observeStorage } from './observe-storage.js';

interface Observed {
  readonly reader: StreamReader;
  readonly storage: Storage;
}

/** What an API process knows, for whoever asks for metrics. */
export function observeApi(metrics: Metrics, { reader, storage }: Observed): void {
  // What is rare begins with nothing: where it had never been, Prometheus would not see the first one.
  metrics.callerLimited(0);
  observeReader(metrics, reader);
  observeStorage(metrics, storage);
}
