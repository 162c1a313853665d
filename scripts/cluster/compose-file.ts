import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

import { interpolatedWithin, type Variables } from './interpolation.js';

/** What of a compose file says what is run, and how. The rest (networks, limits, users) is for containers only. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  /** Absolute paths, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly configs: Readonly<Record<string, string>>;
}

export type ComposeService = z.infer<typeof SERVICE> & { readonly name: string };

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s`, in ms. */
const duration = z
  .string()
  .regex(/^(?:\d+(?:ms|s|m|h))+$/, 'must be a duration, e.g. 1m30s')
  .transform((text) =>
    [...text.matchAll(/(\d+)(ms|[smh])/g)].reduce(
      (sum, [, n, unit = '']) => sum + Number(n) * (UNITS_MS[unit] ?? 0),
      0,
    ),
  );
const words = z.array(z.coerce.string());
const CONDITION = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);

const HEALTHCHECK = z.object({
  test: words.default([]),
  disable: z.boolean().default(false),
  interval: duration.default(30_000),
  timeout: duration.default(30_000),
  retries: z.number().default(3),
  start_period: duration.default(0),
});

const SERVICE = z.object({
  image: z.string(),
  entrypoint: words.optional(),
  command: words.default([]),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  secrets: z.array(z.string()).default([]),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
  volumes: z.array(z.string().transform(volumeOf)).default([]),
  ports: z.array(z.string().transform(publishedPort)).default([]),
  expose: z.array(z.coerce.number()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: CONDITION })).default({}),
  healthcheck: HEALTHCHECK.optional(),
  restart: z
    .string()
    .regex(/^(?:no|always|unless-stopped|on-failure(?::\d+)?)$/)
    .default('no'),
  stop_signal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT']).default('SIGTERM'),
  stop_grace_period: duration.default(10_000),
  deploy: z.object({ replicas: z.number().int().min(0).default(1) }).default({ replicas: 1 }),
});

const files = z.record(z.string(), z.object({ file: z.string() })).default({});
const FILE = z.object({ services: z.record(z.string(), SERVICE), secrets: files, configs: files });

/**
 * Reads a compose file, and what `docker-compose.override.yml` beside it changes, as Compose does, with these variables in place.
 * Throws with every place that does not fit.
 */
export function readComposeFile(path: string, variables: Variables): ComposeFile {
  const override = resolve(dirname(path), 'docker-compose.override.yml');
  const texts = [path, ...(existsSync(override) ? [override] : [])];
  const merged = texts.map((file): unknown => parse(readFileSync(file, 'utf8'), { merge: true })).reduce(mergedOver);
  const read = FILE.safeParse(interpolatedWithin(merged, variables));
  if (!read.success) {
    const lines = read.error.issues.map((issue) => `  /${issue.path.join('/')}: ${issue.message}`);
    throw new Error(`${texts.join(' and ')} cannot be used:\n${lines.join('\n')}`);
  }
  const { services, secrets, configs } = read.data;
  const absolute = (named: typeof secrets) =>
    Object.fromEntries(Object.entries(named).map(([name, { file }]) => [name, resolve(dirname(path), file)]));
  return {
    services: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, { name, ...service }])),
    secrets: absolute(secrets),
    configs: absolute(configs),
  };
}

/** Lists that a later file takes the place of; all others it adds to. */
const REPLACED = new Set(['command', 'entrypoint', 'test']);

function mergedOver(below: unknown, above: unknown, key: number | string = ''): unknown {
  if (Array.isArray(below) && Array.isArray(above) && !REPLACED.has(String(key))) {
    return [below, above].flat(1) as readonly unknown[];
  }
  if (!isMapping(below) || !isMapping(above)) return above ?? below;
  const names = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...names].map((name) => [name, mergedOver(below[name], above[name], name)]));
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function volumeOf(text: string): { readonly source: string; readonly target: string } {
  const [source = '', target = ''] = text.split(':');
  return { source, target };
}

/** `127.0.0.1:4000:8080`. */
function publishedPort(
  text: string,
  context: z.RefinementCtx,
): { readonly published: number; readonly target: number } {
  const [, published, target] = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(text) ?? [];
  if (published === undefined) context.addIssue('must be 127.0.0.1:<port here>:<port within>');
  return { published: Number(published), target: Number(target) };
}
