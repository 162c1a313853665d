import { readManifest } from '../compose/manifest.js';
import { isJsonObject } from '../core/json/json.js';
import { shorten } from '../core/json/preview.js';

const PATIENCE_MS = 2000;

interface Misunderstanding {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the server does not know. */
  readonly said: string;
}

/** What to do about a server that does not know what this command asks for, in one line: which of the two is older. */
export async function otherVersion({ address, headers, said }: Misunderstanding): Promise<string> {
  const [{ version: ours }, theirs] = await Promise.all([readManifest(), versionOf(address, headers)]);
  const what = `It does not know what was asked for: ${shorten(said)}`;
  if (theirs === undefined) {
    return `The server at ${address} does not say its version, and is older than this command (${ours}). Update the server. ${what}`;
  }
  const { compare } = await import('semver');
  const order = compare(theirs, ours);
  if (order < 0) {
    const advice = `Update the server, or use the command of its version: npx circuit-breaker@${theirs}`;
    return `The server at ${address} is older (${theirs}) than this command (${ours}). ${advice}. ${what}`;
  }
  if (order > 0) {
    return `The server at ${address} is newer (${theirs}) than this command (${ours}). Update this command to ${theirs}. ${what}`;
  }
  const advice = 'Bring both to one state of the sources';
  return `The server at ${address} says that it is of the version of this command (${ours}), and is another build. ${advice}. ${what}`;
}

/** As its front page says it to programs; undefined: it does not. */
async function versionOf(address: string, headers: Misunderstanding['headers']): Promise<string | undefined> {
  try {
    const [response, { valid }] = await Promise.all([
      fetch(`${address}/`, {
        headers: { ...headers, accept: 'application/json' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      }),
      import('semver'),
    ]);
    const page: unknown = await response.json();
    const version = isJsonObject(page) ? page['version'] : undefined;
    return typeof version === 'string' ? (valid(version) ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}
