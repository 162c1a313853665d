import type { StreamReader } from '../streams/reading/reader.js';
import { STREAM_DOORS } from '../streams/reading/viewer.js';
import type { Metrics } from '../telemetry/metrics.js';

/** What the reader counts by itself is looked at whenever metrics are asked for: an event costs its viewers nothing more. */
export function observeReader(metrics: Metrics, reader: StreamReader): void {
  for (const door of STREAM_DOORS) metrics.viewerDropped(door, 0);
  metrics.observe('circuit_breaker_streams_open', () => [[reader.stats().streams, {}]]);
  metrics.observe('circuit_breaker_viewers', () =>
    [...reader.viewersByDoor()].map(([door, count]) => [count, { door }]),
  );
  metrics.observe('circuit_breaker_stream_events_delivered_total', () => [[reader.delivered.events, {}]]);
  metrics.observe('circuit_breaker_stream_events_merged_total', () => [[reader.delivered.merged, {}]]);
}
