import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

import { isSecretName } from '../core/secrets.js';

/** What any program wants to know of the machine and of who runs it, also on Windows. */
const FOR_ALL = names(
  'PATH PATHEXT HOME USER LOGNAME USERNAME USERPROFILE HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA PROGRAMDATA',
  'SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC TMPDIR TMP TEMP LANG LANGUAGE TZ LD_LIBRARY_PATH DYLD_LIBRARY_PATH',
);
const FOR_ALL_BEGIN = /^(?:LC|XDG)_/;
/** How one gets out of this network, whom one trusts there, and pip's own settings, which say where packages are. */
const FOR_DOWNLOADS = names(
  'HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE VIRTUAL_ENV',
);
const FOR_DOWNLOADS_BEGIN = /^(?:PIP|PYTHON|PYENV)/;

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramOptions extends Omit<SpawnOptions, 'env' | 'shell'> {
  /** It fetches something from the network. */
  readonly downloads?: boolean;
}

/**
 * Starts a program; nothing else in `src` may start one (the launcher and the checks do it by `scripts/child-process.mjs`, which
 * runs before anything is built). Of our environment it is given what `programEnvironment` hands on,
 * so no key of ours is in it, whatever it does, logs or leaves in a dump.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  { downloads = false, ...options }: ProgramOptions,
): ChildProcess {
  return spawn(program, args, { ...options, env: programEnvironment(process.env, { downloads }) });
}

/** What a program is given of an environment. Names are compared as Windows does, where `Path` is PATH. */
export function programEnvironment(environment: Environment, { downloads }: { downloads: boolean }): Environment {
  const isHandedOn = (name: string) =>
    FOR_ALL.has(name) ||
    FOR_ALL_BEGIN.test(name) ||
    (downloads && (FOR_DOWNLOADS.has(name) || FOR_DOWNLOADS_BEGIN.test(name)));
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => isHandedOn(name.toUpperCase()) && !isSecretName(name)),
  );
}

function names(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').split(' '));
}
