import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';

/** A span as a collector of OpenTelemetry got it, by OTLP as JSON. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly hasFailed: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A status, or what servers do that are not well. */
export type CollectorAnswer = number | 'never' | 'break off';

export interface TraceCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** What came, as it came. */
  readonly bodies: string[];
  /** How often it was asked to take traces. */
  readonly asked: number;
  /** Does this from now on, by default with the status 200: what comes with another one, or with none, is not taken. */
  answer(how: CollectorAnswer): void;
  close(): Promise<void>;
}

/** An OpenTelemetry collector for traces, at a port of its own. Metrics are let in and forgotten. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  let how: CollectorAnswer = 200;
  let asked = 0;
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    if (request.url === '/v1/traces') asked += 1;
    if (request.url === '/v1/traces' && how === 200) {
      bodies.push(body);
      spans.push(...spansOf(JSON.parse(body) as Exported));
    }
    if (how === 'break off') response.destroy();
    else if (how !== 'never') response.writeHead(how, { 'content-type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bodies,
    get asked() {
      return asked;
    },
    answer: (next) => {
      how = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What is wrong with a trace: spans whose parents nobody has told of, and other roots than one. */
export function gapsIn(spans: readonly CollectedSpan[]): readonly string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  return [
    ...(new Set(roots.map(({ spanId }) => spanId)).size === 1 ? [] : [`${roots.length} roots`]),
    ...orphans.map(({ name, parentSpanId }) => `${name} hangs from ${parentSpanId ?? ''}, of which nobody has told`),
  ];
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly Value[] };
}

type Attributes = readonly { readonly key: string; readonly value: Value }[];

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes: Attributes;
        readonly events?: readonly {
          readonly name: string;
          readonly timeUnixNano: string;
          readonly attributes: Attributes;
        }[];
        readonly status?: { readonly code?: number };
      }[];
    }[];
  }[];
}

function spansOf({ resourceSpans }: Exported): readonly CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        ...(span.parentSpanId ? { parentSpanId: span.parentSpanId } : {}),
        name: span.name,
        kind: span.kind,
        startMs: Number(span.startTimeUnixNano) / 1e6,
        endMs: Number(span.endTimeUnixNano) / 1e6,
        attributes: recordOf(span.attributes),
        events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
          name,
          atMs: Number(timeUnixNano) / 1e6,
          attributes: recordOf(attributes),
        })),
        hasFailed: span.status?.code === 2,
        resource: recordOf(resource.attributes),
      })),
    ),
  );
}

function recordOf(attributes: Attributes): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: Value): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOf);
  return value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole).toString('utf8');
}
