import { z } from 'zod';

import { badVariables, type CircuitBreakerError } from './core/errors.js';
import { isSecretName, secretsOf } from './core/secrets.js';
import { namedProfile, standardFile, type TemporalProfile } from './temporal-profile.js';

/** By which Temporal tells the workers of one build from those of another. */
export interface WorkerDeployment {
  readonly name: string;
  /** Absent: the version of this program, with the hash of its workflows. */
  readonly buildId?: string;
}

/** How a cluster is reached. Each part is from a variable, or else from the profile that the variables name. */
export interface TemporalSettings {
  /** Set: use this cluster and start none. */
  readonly address?: string;
  readonly namespace: string;
  readonly apiKey?: string;
  /** Absent: without TLS. */
  readonly tls?: TemporalTls;
  /** Headers of each request. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What said so, by what was said: `{address: 'TEMPORAL_ADDRESS', namespace: 'profile "prod" of /etc/temporal.toml'}`. */
  readonly origins: Readonly<Record<string, string>>;
  /** Absent: workers have no build, and any takes any task. */
  readonly deployment?: WorkerDeployment;
  /** The file of Temporal's own programs, where none of it was asked for; it need not be there. */
  readonly unreadFile?: string;
}

export interface TemporalTls {
  /** The name that the cluster's certificate must carry, where it is not its address. */
  readonly serverName?: string;
  /** Signed the cluster's certificate. */
  readonly authority?: PemSource;
  readonly client?: { readonly certificate: PemSource; readonly key: PemSource };
}

/** A text in PEM, or the file that has it. */
export type PemSource = { readonly origin: string } & ({ readonly path: string } | { readonly pem: string });

const ADDRESS = /^[^\s/]+:\d+$/;
const ADDRESS_FORM = 'must be host:port, e.g. localhost:7233';
/** As for Temporal's own programs, where a profile names no other. */
const STANDARD_ADDRESS = 'localhost:7233';
const HEADER = 'TEMPORAL_GRPC_META_';

function named(form: RegExp, characters: string) {
  const message = `may have up to 100 ${characters}, and does not begin with two "_"`;
  return z.string().regex(form, message).optional();
}

/** The variables of a connection, by our names and by those of Temporal's CLI and SDKs. */
export const TEMPORAL_VARIABLES = {
  TEMPORAL_CONFIG_FILE: z.string().optional(),
  TEMPORAL_PROFILE: z.string().optional(),
  TEMPORAL_ADDRESS: z.string().regex(ADDRESS, ADDRESS_FORM).optional(),
  TEMPORAL_NAMESPACE: z.string().optional(),
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_TLS: z.stringbool('must be true or false').optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: z.stringbool('must be true or false').optional(),
  TEMPORAL_TLS_CA_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: z.string().optional(),
  TEMPORAL_TLS_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_CERT_DATA: z.string().optional(),
  TEMPORAL_TLS_KEY_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_DATA: z.string().optional(),
  // By these names Temporal's controller for Kubernetes tells them.
  TEMPORAL_DEPLOYMENT_NAME: named(/^(?!__)[\w-]{1,100}$/, 'letters, digits, "-" and "_"'),
  TEMPORAL_WORKER_BUILD_ID: named(/^(?!__)[\w.+-]{1,100}$/, 'letters, digits, "-", "_", "." and "+"'),
};
type Values = z.infer<z.ZodObject<typeof TEMPORAL_VARIABLES>>;
type VariableName = keyof Values;

/** Which name wins: of those that are set the first, and a profile only where none of them is. */
const NAMES = {
  address: ['TEMPORAL_ADDRESS'],
  namespace: ['TEMPORAL_NAMESPACE'],
  'API key': ['TEMPORAL_API_KEY'],
  'server name': ['TEMPORAL_TLS_SERVER_NAME'],
  authority: ['TEMPORAL_TLS_CA_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_DATA'],
  certificate: ['TEMPORAL_TLS_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_DATA'],
  key: ['TEMPORAL_TLS_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_DATA'],
} as const satisfies Readonly<Record<string, readonly VariableName[]>>;
type SettingName = keyof typeof NAMES;

/** What was said of one setting, and by what. */
interface Said {
  readonly origin: string;
  readonly text: string;
  /** The text is a path of a file that has it. */
  readonly isPath: boolean;
}

/**
 * The settings that an environment means, with the secrets among those of its profile. Throws VALIDATION_FAILED, a line that names the
 * variable or the profile, for what cannot be.
 */
export function temporalSettings(
  values: Values,
  set: Readonly<Record<string, string>>,
): { readonly settings: TemporalSettings; readonly secrets: readonly string[] } {
  const profile = namedProfile(set);
  const said = (name: SettingName) => saidByVariable(name, values) ?? saidByProfile(name, profile);
  const address = said('address') ?? (profile && standardAddress(profile));
  if (address !== undefined && !ADDRESS.test(address.text)) throw fault(address.origin, `its address ${ADDRESS_FORM}`);
  const [namespace, apiKey] = [said('namespace'), said('API key')];
  const metadata = headers(set, profile);
  const tls = tlsSettings(values, profile, { said, hasKey: apiKey !== undefined });
  const deployment = workerDeployment(values, address !== undefined);
  const unreadFile = profile === undefined ? standardFile(set) : undefined;
  const settings: TemporalSettings = {
    namespace: namespace?.text ?? 'default',
    ...(address === undefined ? {} : { address: address.text }),
    ...(apiKey === undefined ? {} : { apiKey: apiKey.text }),
    ...(tls === undefined ? {} : { tls }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(deployment === undefined ? {} : { deployment }),
    ...(unreadFile === undefined ? {} : { unreadFile }),
    origins: {
      ...originsOf({ address, namespace, 'API key': apiKey }),
      ...(tls === undefined ? {} : tlsOrigins(tls, said('server name'))),
    },
  };
  const { client } = tls ?? {};
  const keyText = client !== undefined && 'pem' in client.key ? { CLIENT_KEY_DATA: client.key.pem } : {};
  const secret = { ...metadata, ...keyText, ...(apiKey === undefined ? {} : { API_KEY: apiKey.text }) };
  return { settings, secrets: secretsOf(onlySecret(secret)) };
}

function workerDeployment(
  { TEMPORAL_DEPLOYMENT_NAME: name, TEMPORAL_WORKER_BUILD_ID: buildId }: Values,
  isElsewhere: boolean,
): WorkerDeployment | undefined {
  if (name === undefined) {
    if (buildId === undefined) return undefined;
    const advice = 'name the one that the build belongs to, or leave TEMPORAL_WORKER_BUILD_ID out';
    throw fault('TEMPORAL_DEPLOYMENT_NAME', `it is not set: ${advice}`);
  }
  if (!isElsewhere) {
    const why = 'the Temporal that a start brings along has one worker, and tokens would wait for a build that is gone';
    throw fault('TEMPORAL_DEPLOYMENT_NAME', `it needs TEMPORAL_ADDRESS: ${why}`);
  }
  return { name, ...(buildId === undefined ? {} : { buildId }) };
}

function saidByVariable(name: SettingName, values: Values): Said | undefined {
  for (const variable of NAMES[name]) {
    const text = values[variable];
    if (text !== undefined) return { origin: variable, text, isPath: variable.endsWith('_PATH') };
  }
  return undefined;
}

function saidByProfile(name: SettingName, profile: TemporalProfile | undefined): Said | undefined {
  if (profile === undefined) return undefined;
  const { origin, address, namespace, apiKey, tls } = profile;
  const source = { authority: tls?.serverCACert, certificate: tls?.clientCert, key: tls?.clientKey };
  const texts = { address, namespace, 'API key': apiKey, 'server name': tls?.serverName };
  if (name === 'authority' || name === 'certificate' || name === 'key') {
    const found = source[name];
    if (found === undefined) return undefined;
    if ('path' in found) return { origin, text: found.path, isPath: true };
    return { origin, text: Buffer.from(found.data).toString('utf8'), isPath: false };
  }
  const text = texts[name];
  return text === undefined || text === '' ? undefined : { origin, text, isPath: false };
}

function standardAddress({ origin }: TemporalProfile): Said {
  return { origin: `${origin}, which names none`, text: STANDARD_ADDRESS, isPath: false };
}

interface TlsFacts {
  readonly said: (name: SettingName) => Said | undefined;
  readonly hasKey: boolean;
}

/** TLS is on where something of it is said, or a key is to be shown, unless it is turned off. */
function tlsSettings(values: Values, profile: TemporalProfile | undefined, { said, hasKey }: TlsFacts) {
  const [serverName, authority] = [said('server name'), said('authority')];
  const [certificate, key] = [said('certificate'), said('key')];
  const isAsked = [serverName, authority, certificate, key, profile?.tls].some((each) => each !== undefined) || hasKey;
  const isOff = values.TEMPORAL_TLS === undefined ? profile?.tls?.disabled : !values.TEMPORAL_TLS;
  if (isOff ?? !isAsked) return undefined;
  refuseBlindness(values, profile);
  if ((certificate === undefined) !== (key === undefined)) throw halfOf(certificate, key);
  return {
    ...(serverName === undefined ? {} : { serverName: serverName.text }),
    ...(authority === undefined ? {} : { authority: pemSource(authority) }),
    ...(certificate === undefined || key === undefined
      ? {}
      : { client: { certificate: pemSource(certificate), key: pemSource(key) } }),
  };
}

function refuseBlindness(values: Values, profile: TemporalProfile | undefined): void {
  const variable = 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION';
  const isWanted = values[variable] ?? profile?.disablesHostVerification ?? false;
  if (!isWanted) return;
  const origin = values[variable] === undefined ? `disable_host_verification in ${profile?.origin ?? ''}` : variable;
  const advice =
    'name the authority in TEMPORAL_TLS_SERVER_CA_CERT_PATH, and in TEMPORAL_TLS_SERVER_NAME the name on the certificate';
  throw fault(origin, `Temporal's SDK for TypeScript looks at certificates always; ${advice}`);
}

function halfOf(certificate: Said | undefined, key: Said | undefined): CircuitBreakerError {
  const origin = (certificate ?? key)?.origin ?? '';
  const [has, lacks, variable] =
    key === undefined
      ? ['a certificate', 'its private key', 'TEMPORAL_TLS_CLIENT_KEY_PATH']
      : ['a private key', 'its certificate', 'TEMPORAL_TLS_CLIENT_CERT_PATH'];
  return fault(origin, `${has} is there and ${lacks} is not: ${variable} says where it is`);
}

function pemSource({ origin, text, isPath }: Said): PemSource {
  return isPath ? { origin, path: text } : { origin, pem: text };
}

/** gRPC writes names in small letters, with hyphens. */
function headers(set: Readonly<Record<string, string>>, profile: TemporalProfile | undefined): Record<string, string> {
  const named = Object.entries(set).filter(([name]) => name.startsWith(HEADER) && name !== HEADER);
  const ours = named.map(([name, value]) => ({ origin: name, name: name.slice(HEADER.length), value }));
  const theirs = Object.entries(profile?.grpcMeta ?? {}).map(([name, value]) => {
    return { origin: profile?.origin ?? '', name, value };
  });
  return Object.fromEntries(
    [...theirs, ...ours].map(({ origin, name, value }) => {
      const header = name.toLowerCase().replaceAll('_', '-');
      if (!/^[a-z0-9.-]+$/.test(header) || header.endsWith('-bin') || !/^[\x20-\x7E]*$/.test(value)) {
        throw fault(origin, 'must be a header of gRPC: a name of letters, digits and hyphens, and a value in ASCII');
      }
      return [header, value] as const;
    }),
  );
}

function originsOf(said: Readonly<Record<string, Said | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, each]) => (each === undefined ? [] : [[name, each.origin]])),
  );
}

function tlsOrigins({ authority, client }: TemporalTls, serverName: Said | undefined): Record<string, string> {
  return {
    ...originsOf({ 'server name': serverName }),
    ...(authority === undefined ? {} : { authority: authority.origin }),
    ...(client === undefined ? {} : { certificate: client.certificate.origin, key: client.key.origin }),
  };
}

function onlySecret(named: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(named).filter(([name]) => isSecretName(name)));
}

function fault(name: string, what: string): CircuitBreakerError {
  return badVariables([{ name, message: `${name}: ${what}` }]);
}
