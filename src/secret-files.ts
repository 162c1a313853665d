import { readFileSync } from 'node:fs';

import { badVariables, type CircuitBreakerError } from './core/errors.js';
import { mayHoldSecret } from './core/secrets.js';

const FILE = '_FILE';
const LARGEST_BYTES = 64 * 1024;

/**
 * The environment with the contents of its `*_FILE` variables in place of them, without the line break that ends a
 * file: `OPENAI_API_KEY_FILE=/run/secrets/openai`. Those only whose variable is read here (`isRead`) and may hold a secret.
 * Throws VALIDATION_FAILED for a file that cannot be read, and for a variable that is given both ways.
 */
export function withSecretFiles(
  environment: Readonly<Record<string, string>>,
  isRead: (name: string) => boolean,
): Readonly<Record<string, string>> {
  const files = Object.entries(environment).flatMap(([name, path]) => {
    const secret = name.slice(0, -FILE.length);
    return name.endsWith(FILE) && isRead(secret) && mayHoldSecret(secret) ? [{ name, secret, path }] : [];
  });
  const rest = Object.entries(environment).filter(([name]) => !files.some((file) => file.name === name));
  const read = files.map(({ name, secret, path }) => {
    if (Object.hasOwn(environment, secret)) throw fault(name, `${secret} is set too: keep one of them`);
    return [secret, contentOf(name, path)] as const;
  });
  return Object.fromEntries([...rest, ...read]);
}

function contentOf(name: string, path: string): string {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw fault(name, `${shownPath(path)} cannot be read (${reason})`);
  }
  if (content.byteLength > LARGEST_BYTES) throw fault(name, `${shownPath(path)} is too large for a secret`);
  const secret = content.toString('utf8').replace(/\r?\n$/, '');
  if (secret === '') throw fault(name, `${shownPath(path)} is empty`);
  return secret;
}

/** The secret itself may stand there by mistake: only what can be nothing but a path is shown. */
function shownPath(path: string): string {
  return /^(?:\.{0,2}\/|~|[A-Za-z]:\\)/.test(path) ? `the file "${path}"` : 'the file that it names (not shown here)';
}

function fault(name: string, what: string): CircuitBreakerError {
  return badVariables([{ name, message: `${name}: ${what}` }]);
}
