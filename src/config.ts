import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

import { ALERT_VARIABLES, alertSettings, type AlertSettings } from './alert-settings.js';
import { badVariables, type CircuitBreakerError } from './core/errors.js';
import { isLoopback } from './core/loopback.js';
import { parsePayloadKeys, PAYLOAD_KEYS_FORM, secretsInPayloadKeys, type PayloadKey } from './core/payload-keys.js';
import { isOwnAddress, refuseOpenAddress } from './core/refuse-open-address.js';
import { programEnvironments, type ProgramEnvironments } from './core/program-environment.js';
import { isCredentialName, secretsOf, shownValue } from './core/secrets.js';
import { addressRanges, hostRules, listed, origins } from './core/validation/listed-variables.js';
import type { WebHosts } from './core/web-hosts.js';
import { ECONOMY_VARIABLES, economySettings, type EconomySettings } from './economy-settings.js';
import { PROVIDER_VARIABLES, providerSettings, type ProviderConfig } from './provider-settings.js';
import { withSecretFiles } from './secret-files.js';
import { TELEMETRY_VARIABLES, telemetrySettings, type TelemetrySettings } from './telemetry-settings.js';
import { TEMPORAL_VARIABLES, temporalSettings, type TemporalSettings } from './temporal-settings.js';
import { readVariablesFile } from './variables-file.js';

/** Everything that the environment decides, parsed once. Nothing else in the program reads process.env. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Where a worker says on this machine whether it lives; absent: nowhere. */
  readonly workerHealthPort?: number;
  /** Origins of pages that may use the API, besides its own. */
  readonly corsOrigins: readonly string[];
  readonly access: AccessConfig;
  /** With which the API shows who it is; absent: it speaks without TLS. */
  readonly tls?: TlsFilesConfig;
  readonly temporal: TemporalConfig;
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly storageUrl: string;
  /** Where agents, conversations and executions are kept; absent: where everything else is. */
  readonly agentStorageUrl?: string;
  readonly streamUrl: string;
  readonly taskQueuePrefix: string;
  readonly providers: ProviderConfig;
  readonly maxConcurrentExecutions: number;
  /** Model calls, of all workers together. */
  readonly rateLimitPerMinute?: number;
  /** Requests and operations of each caller of the API. */
  readonly apiRateLimitPerMinute?: number;
  /** The Redis server that counts them for all API processes. */
  readonly rateLimitUrl?: string;
  /** Addresses and ranges of those whose word counts on where a request comes from. */
  readonly trustedProxies: readonly string[];
  /** Whether agents may have their models anywhere on this machine and its network, since nobody else can have written them. */
  readonly modelsMayBeNear: boolean;
  readonly economy: EconomySettings;
  readonly alerts: AlertSettings;
  readonly telemetry: TelemetrySettings;
  /** The folder of one's own tools. */
  readonly toolsDir?: string;
  /** Where requests may go that agents and documents name. */
  readonly webHosts: WebHosts;
  /** The file that names MCP servers. */
  readonly mcpConfig: McpConfigFile;
  readonly streamBufferSize: number;
  readonly connectionTimeoutSeconds: number;
  readonly executionTimeoutSeconds: number;
  readonly cleanupIntervalSeconds: number;
  readonly streamRetentionSeconds: number;
  /** How long entries of the audit are kept; absent: for ever. */
  readonly auditRetentionDays?: number;
  /** How many days what has ended is kept; absent: for ever. */
  readonly retentionDays: RetentionDays;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly logFormat: 'pretty' | 'json';
  /** Everything secret in the environment: what no log and no message may show. */
  readonly secrets: readonly string[];
}

/** Of tokens from their end, of executions without a token from theirs, of conversations from their last use. */
export interface RetentionDays {
  readonly tokens?: number;
  readonly executions?: number;
  readonly conversations?: number;
}

/** Who may do what. With neither a token, a file of tokens nor a sign-on there are no locks, and nobody but this machine is served. */
export interface AccessConfig {
  /** Opens everything. */
  readonly token?: string;
  /** Names more tokens. */
  readonly tokensFile?: string;
  readonly signOn?: SignOnConfig;
  /** Sign the tickets of streams: the first makes them, all are good. None: one that this process makes up. */
  readonly streamSecrets: readonly string[];
  /** Whether the page of the IDE is served to anybody. */
  readonly servesIde: boolean;
}

/** A company's sign-on, by OpenID Connect. */
export interface SignOnConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly roleClaim: string;
}

/** As PEM; read again when they change. */
export interface TlsFilesConfig {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TemporalConfig extends TemporalSettings {
  /** The id of the namespace that takes the place of the one that the storage belonged to. */
  readonly adoptNamespace?: string;
  readonly cliPath?: string;
  readonly port: number;
  readonly uiPort: number;
  /** Where its UI is, if somebody says so. */
  readonly uiUrl?: string;
  /** Encrypt what Temporal stores of ours: the first does, all decrypt. None: it is stored in clear. */
  readonly payloadKeys: readonly PayloadKey[];
  /** Where programs are looked for. */
  readonly searchPath?: string;
  /** What the programs are given that we start. */
  readonly programs: ProgramEnvironments;
}

export interface McpConfigFile {
  readonly path: string;
  /** Whether it was named; else it is the one that other programs look for, too, and need not be there. */
  readonly isNamed: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that the process was started with. */
export const processVariables = (): Environment => process.env;

/** Reads `.env` (where there is one) and the environment. Throws VALIDATION_FAILED naming every bad variable. */
export function readConfig(): Config {
  loadEnvFile();
  return parseConfig(process.env, { isTerminal: process.stdout.isTTY });
}

/** What programs that we start may find in their environment, for commands that need no configuration. */
export function readProgramEnvironments(): ProgramEnvironments {
  return programEnvironments(process.env);
}

/** The configuration that an environment means. Throws VALIDATION_FAILED with a line for each bad variable. */
export function parseConfig(environment: Environment, facts: { isTerminal: boolean }): Config {
  const set = withSecretFiles(
    Object.fromEntries(
      Object.entries(environment).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
      ),
    ),
    (name) => Object.hasOwn(ENVIRONMENT.shape, name) || isCredentialName(name),
  );
  const parsed = ENVIRONMENT.safeParse(set);
  if (!parsed.success) throw unreadable(parsed.error, set);
  const values = parsed.data;
  const access = accessConfig(values);
  const tls = bothOf(values);
  const temporal = temporalSettings(values, set);
  const telemetry = telemetrySettings(values);
  if (!isLocked(access)) refuseOpenAddress(values.HOST);
  const storageUrl = values.STORAGE_URL ?? `pglite:${join(values.DATA_DIR, 'storage')}`;
  const streamUrl = values.STREAM_URL ?? storageUrl;
  return {
    port: values.PORT,
    host: values.HOST,
    corsOrigins: values.CORS_ORIGINS,
    access,
    ...(tls === undefined ? {} : { tls }),
    temporal: temporalConfig(values, temporal.settings, set),
    dataDir: values.DATA_DIR,
    cacheDir: join(set['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'circuit-breaker'),
    storageUrl,
    ...present({ agentStorageUrl: values.AGENT_STORAGE_URL, workerHealthPort: values.WORKER_HEALTH_PORT }),
    streamUrl,
    taskQueuePrefix: values.TASK_QUEUE_PREFIX,
    providers: providerSettings(values, set),
    maxConcurrentExecutions: values.MAX_CONCURRENT_EXECUTIONS,
    ...apiRateLimit(values, streamUrl),
    trustedProxies: values.TRUSTED_PROXIES,
    ...present({ rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE, toolsDir: values.TOOLS_DIR }),
    economy: economySettings(values),
    alerts: alertSettings(values),
    telemetry,
    modelsMayBeNear: set['ALLOWED_PRIVATE_HOSTS'] === undefined && isOwnAddress(values.HOST),
    webHosts: { hosts: values.TOOL_HTTP_HOSTS, privateHosts: values.ALLOWED_PRIVATE_HOSTS },
    mcpConfig: { path: values.MCP_CONFIG ?? '.mcp.json', isNamed: values.MCP_CONFIG !== undefined },
    streamBufferSize: values.STREAM_BUFFER_SIZE,
    connectionTimeoutSeconds: values.CONNECTION_TIMEOUT_SECONDS,
    executionTimeoutSeconds: values.EXECUTION_TIMEOUT_SECONDS,
    cleanupIntervalSeconds: values.CLEANUP_INTERVAL_SECONDS,
    streamRetentionSeconds: values.STREAM_RETENTION_SECONDS,
    ...retention(values),
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT ?? (facts.isTerminal ? 'pretty' : 'json'),
    secrets: [
      ...secretsOf(set),
      ...temporal.secrets,
      ...telemetry.secrets,
      ...access.streamSecrets,
      ...secretsInPayloadKeys(values.PAYLOAD_ENCRYPTION_KEYS),
    ],
  };
}

const port = z.coerce.number('must be a port number').int().min(1).max(65535);
const seconds = z.coerce.number('must be a number of seconds').positive().max(86_400);
const days = z.coerce.number('must be a number of days').positive().max(36_500).optional();
const count = z.coerce.number('must be a whole number').int().positive();
const serverUrl = (protocol: RegExp, forms: string) => z.url({ protocol, error: `must be ${forms}` }).optional();
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });

/** Of a key for HMAC with SHA-256, in bytes. */
const SHORTEST_SECRET = 32;

const ENVIRONMENT = z.object({
  PORT: port.default(4000),
  HOST: z.string().default('127.0.0.1'),
  WORKER_HEALTH_PORT: port.optional(),
  CORS_ORIGINS: origins,
  TRUSTED_PROXIES: addressRanges,
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  AGENT_ACCESS_TOKEN: z
    .string()
    .regex(/^[\w.~+/-]+=*$/, 'must be a token that a header can carry: letters, digits and -._~+/=')
    .optional(),
  ACCESS_TOKENS_FILE: z.string().optional(),
  OIDC_ISSUER: httpUrl
    .refine(
      isSecure,
      'must be an https:// address: over http:// anybody on the way could make keys; this machine aside',
    )
    .optional(),
  OIDC_AUDIENCE: z.string().optional(),
  OIDC_ROLE_CLAIM: z.string().default('roles'),
  STREAM_AUTH_SECRET: z
    .string()
    .default('')
    .transform(listed)
    .refine(
      (secrets) => secrets.every((secret) => Buffer.byteLength(secret) >= SHORTEST_SECRET),
      `must have ${SHORTEST_SECRET} bytes at least, or two such secrets, separated by a comma, while one takes the place of the other`,
    ),
  GRAPHIQL: z.stringbool('must be true or false').optional(),
  ...TEMPORAL_VARIABLES,
  TEMPORAL_ADOPT_NAMESPACE: z.string().optional(),
  TEMPORAL_CLI_PATH: z.string().optional(),
  TEMPORAL_PORT: port.default(7233),
  TEMPORAL_UI_PORT: port.default(8233),
  TEMPORAL_UI_URL: httpUrl.optional(),
  DATA_DIR: z.string().default('.circuit-breaker'),
  STORAGE_URL: z.string().optional(),
  AGENT_STORAGE_URL: serverUrl(/^(?:rediss?|nats|tls)$/, 'a redis://, rediss://, nats:// or tls:// address'),
  STREAM_URL: z.string().optional(),
  PAYLOAD_ENCRYPTION_KEYS: z
    .string()
    .default('')
    .transform(listed)
    .refine((keys) => parsePayloadKeys(keys) !== undefined, PAYLOAD_KEYS_FORM),
  TASK_QUEUE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'may have letters, digits, "-", "_" and "."')
    .default('circuit-breaker'),
  ...PROVIDER_VARIABLES,
  MAX_CONCURRENT_EXECUTIONS: count.default(50),
  RATE_LIMIT_PER_MINUTE: count.optional(),
  API_RATE_LIMIT_PER_MINUTE: count.optional(),
  RATE_LIMIT_URL: serverUrl(/^rediss?$/, 'redis://user:password@host:port/database'),
  ...ECONOMY_VARIABLES,
  ...ALERT_VARIABLES,
  ...TELEMETRY_VARIABLES,
  TOOLS_DIR: z.string().optional(),
  TOOL_HTTP_HOSTS: hostRules,
  ALLOWED_PRIVATE_HOSTS: hostRules,
  MCP_CONFIG: z.string().optional(),
  STREAM_BUFFER_SIZE: count.default(1000),
  CONNECTION_TIMEOUT_SECONDS: seconds.default(30),
  EXECUTION_TIMEOUT_SECONDS: seconds.default(300),
  CLEANUP_INTERVAL_SECONDS: seconds.default(60),
  STREAM_RETENTION_SECONDS: z.coerce.number('must be a number of seconds').positive().max(31_536_000).default(3600),
  AUDIT_RETENTION_DAYS: days,
  TOKEN_RETENTION_DAYS: days,
  EXECUTION_RETENTION_DAYS: days,
  CONVERSATION_RETENTION_DAYS: days,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['pretty', 'json']).optional(),
});
type Values = z.infer<typeof ENVIRONMENT>;

function retention(values: Values): Pick<Config, 'auditRetentionDays' | 'retentionDays'> {
  const { TOKEN_RETENTION_DAYS: tokens, EXECUTION_RETENTION_DAYS: executions } = values;
  const { CONVERSATION_RETENTION_DAYS: conversations, AUDIT_RETENTION_DAYS: auditRetentionDays } = values;
  return { ...present({ auditRetentionDays }), retentionDays: present({ tokens, executions, conversations }) };
}

function temporalConfig(values: Values, settings: TemporalSettings, set: Environment): TemporalConfig {
  return {
    ...settings,
    port: values.TEMPORAL_PORT,
    uiPort: values.TEMPORAL_UI_PORT,
    programs: programEnvironments(set),
    ...present({
      adoptNamespace: values.TEMPORAL_ADOPT_NAMESPACE,
      cliPath: values.TEMPORAL_CLI_PATH,
      uiUrl: values.TEMPORAL_UI_URL?.replace(/\/$/, ''),
      searchPath: set['PATH'],
    }),
    payloadKeys: parsePayloadKeys(values.PAYLOAD_ENCRYPTION_KEYS) ?? [],
  };
}

/** Whether callers have to show something. */
export function isLocked({ token, tokensFile, signOn }: AccessConfig): boolean {
  return token !== undefined || tokensFile !== undefined || signOn !== undefined;
}

function accessConfig(values: Values): AccessConfig {
  const opened = present({ token: values.AGENT_ACCESS_TOKEN, tokensFile: values.ACCESS_TOKENS_FILE });
  const signOn = signOnConfig(values);
  const access = {
    ...opened,
    ...(signOn === undefined ? {} : { signOn }),
    streamSecrets: values.STREAM_AUTH_SECRET,
    servesIde: true,
  };
  return { ...access, servesIde: values.GRAPHIQL ?? !isLocked(access) };
}

function apiRateLimit({ API_RATE_LIMIT_PER_MINUTE: limit, RATE_LIMIT_URL }: Values, streamUrl: string) {
  const url = RATE_LIMIT_URL ?? (/^rediss?:/.test(streamUrl) ? streamUrl : undefined);
  if (limit === undefined) return {};
  return { apiRateLimitPerMinute: limit, ...(url === undefined ? {} : { rateLimitUrl: url }) };
}

function signOnConfig(values: Values): SignOnConfig | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_ROLE_CLAIM: roleClaim } = values;
  if (issuer !== undefined && audience !== undefined) return { issuer, audience, roleClaim };
  if (issuer === undefined && audience === undefined) return undefined;
  const name = issuer === undefined ? 'OIDC_ISSUER' : 'OIDC_AUDIENCE';
  const message = `${name} is not set: a sign-on needs OIDC_ISSUER and OIDC_AUDIENCE, so that tokens for other services open nothing here`;
  throw badVariables([{ name, message }]);
}

function bothOf({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }: Values): TlsFilesConfig | undefined {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile === undefined && keyFile === undefined) return undefined;
  const name = certFile === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE';
  throw badVariables([{ name, message: `${name} is not set: TLS needs a certificate and its key` }]);
}

function isSecure(address: string): boolean {
  return address.startsWith('https:') || isLoopback(new URL(address).hostname);
}

function unreadable(error: z.ZodError, set: Readonly<Record<string, string>>): CircuitBreakerError {
  const found = error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return { name, message: `${name} is ${shownValue(name, set[name] ?? '')}: ${issue.message}` };
  });
  return badVariables(found);
}

/** Drops absent members: an absent key and an undefined one differ under exactOptionalPropertyTypes. */
function present<Members extends Record<string, unknown>>(members: Members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Members]?: Exclude<Members[Name], undefined>;
  };
}

/** What the environment has itself stays. */
function loadEnvFile(): void {
  for (const [name, value] of Object.entries(readVariablesFile('.env'))) process.env[name] ??= value;
}
