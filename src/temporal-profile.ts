import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { loadClientConfigProfile, type ClientConfigProfile } from '@temporalio/envconfig';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';

import { badVariables, wordsOf, type CircuitBreakerError } from './core/errors.js';
import { listed } from './core/json/listed.js';
import { shortened } from './core/json/shortened.js';

/** A profile of the configuration file that Temporal's CLI and SDKs share. */
export interface TemporalProfile extends ClientConfigProfile {
  /** For messages: `profile "prod" of /home/ada/.config/temporalio/temporal.toml`. */
  readonly origin: string;
  /** What no SDK for TypeScript can do. */
  readonly disablesHostVerification: boolean;
}

type Variables = Readonly<Record<string, string>>;

const FILE = 'TEMPORAL_CONFIG_FILE';
const NAME = 'TEMPORAL_PROFILE';
const LARGEST_BYTES = 1024 * 1024;
/** As much of a path is shown. */
const LONGEST_PATH = 500;

/** What we take of a profile. What else it has is for others. */
const PROFILE = z
  .object({
    address: z.string(),
    namespace: z.string(),
    api_key: z.string(),
    tls: z
      .object({
        disabled: z.boolean(),
        server_name: z.string(),
        disable_host_verification: z.boolean(),
        ...{ client_cert_path: z.string(), client_key_path: z.string(), server_ca_cert_path: z.string() },
        ...{ client_cert_data: z.string(), client_key_data: z.string(), server_ca_cert_data: z.string() },
      })
      .partial(),
    grpc_meta: z.record(z.string(), z.string()),
  })
  .partial();

/**
 * The profile that TEMPORAL_PROFILE or TEMPORAL_CONFIG_FILE names; the other one of them is "default", or the file where Temporal's own
 * programs look for it. Neither is set: none is read. Throws VALIDATION_FAILED, one line that names the variable and the file, where
 * there is no such file or profile, or what it says cannot be read.
 */
export function namedProfile(variables: Variables): TemporalProfile | undefined {
  const { [NAME]: name = 'default', [FILE]: file = standardFile(variables) } = variables;
  if (variables[NAME] === undefined && variables[FILE] === undefined) return undefined;
  const variable = variables[FILE] === undefined ? NAME : FILE;
  if (file === undefined) throw fault(NAME, `nothing says in which folder configuration is: name the file in ${FILE}`);
  const toml = textOf(variable, file);
  const profiles = profilesOf(variable, file, toml);
  const origin = `profile "${name}" of ${file}`;
  if (!Object.hasOwn(profiles, name))
    throw fault(variables[NAME] === undefined ? FILE : NAME, missing(name, file, profiles));
  const parsed = PROFILE.safeParse(profiles[name]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fault(
      variable,
      `${[origin, ...(issue?.path ?? []).map(String)].join(', ')}: ${issue?.message ?? 'not valid'}`,
    );
  }
  try {
    const profile = loadClientConfigProfile({ profile: name, configSource: { data: toml }, disableEnv: true });
    return { ...profile, origin, disablesHostVerification: parsed.data.tls?.disable_host_verification ?? false };
  } catch (error) {
    throw fault(variable, `${origin}: ${wordsOf(error)}`);
  }
}

/** Where Temporal's own programs look for the file; undefined: nowhere. */
export function standardFile(variables: Variables, platform: string = process.platform): string | undefined {
  const { HOME, APPDATA, XDG_CONFIG_HOME } = variables;
  const below = (folder: string | undefined, ...path: readonly string[]) =>
    folder === undefined ? undefined : join(folder, ...path, 'temporalio', 'temporal.toml');
  if (platform === 'win32') return below(APPDATA);
  if (platform === 'darwin') return below(HOME, 'Library', 'Application Support');
  if (XDG_CONFIG_HOME === undefined) return below(HOME, '.config');
  return isAbsolute(XDG_CONFIG_HOME) ? below(XDG_CONFIG_HOME) : undefined;
}

function textOf(variable: string, file: string): string {
  try {
    if (statSync(file).size > LARGEST_BYTES) throw new Error(`it has more than ${LARGEST_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : wordsOf(error);
    const advice = variable === NAME ? `; ${FILE} says where else it is` : '';
    throw fault(variable, `the file "${shortened(file, LONGEST_PATH)}" cannot be read (${reason})${advice}`);
  }
}

function profilesOf(variable: string, file: string, toml: string): Readonly<Record<string, unknown>> {
  try {
    const { profile = {} } = parse(toml);
    if (typeof profile === 'object' && !Array.isArray(profile)) return Object.fromEntries(Object.entries(profile));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // What follows its first line shows the file's own, with whatever secret is in it.
    const [what = ''] = error.message.split('\n');
    throw fault(variable, `${file}:${error.line}:${error.column}: ${what}`);
  }
  throw fault(variable, `${file}: \`profile\` is no table`);
}

function missing(name: string, file: string, profiles: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(profiles).map((each) => `"${each}"`);
  const others = names.length === 0 ? 'it has none' : `it has ${listed(names, { separator: ', ' })}`;
  return `${file} has no profile "${name}": ${others}. ${NAME} says which one is meant`;
}

function fault(name: string, what: string): CircuitBreakerError {
  return badVariables([{ name, message: `${name}: ${what}` }]);
}
