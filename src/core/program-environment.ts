import { isSecretName } from './secrets.js';

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

/** Variables and their values, as `spawn` takes them. */
export type ProgramEnvironment = Readonly<Record<string, string | undefined>>;

/** What the programs that we start are given. */
export interface ProgramEnvironments {
  readonly forAll: ProgramEnvironment;
  /** For those that fetch something from the network. */
  readonly forDownloads: ProgramEnvironment;
}

/**
 * What programs are given of an environment: what they need, and no key of ours, whatever they do, log or leave in a dump.
 * Names are compared as Windows does, where `Path` is PATH.
 */
export function programEnvironments(environment: ProgramEnvironment): ProgramEnvironments {
  const isForAll = (name: string) => FOR_ALL.has(name) || FOR_ALL_BEGIN.test(name);
  const isForDownloads = (name: string) => FOR_DOWNLOADS.has(name) || FOR_DOWNLOADS_BEGIN.test(name);
  const chosen = (isHandedOn: (name: string) => boolean) =>
    Object.fromEntries(
      Object.entries(environment).filter(([name]) => isHandedOn(name.toUpperCase()) && !isSecretName(name)),
    );
  return { forAll: chosen(isForAll), forDownloads: chosen((name) => isForAll(name) || isForDownloads(name)) };
}

function names(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').split(' '));
}
