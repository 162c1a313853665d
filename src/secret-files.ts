import { readFileSync } from 'node:fs';

import { CircuitBreakerError } from './core/errors.js';

/** Variables that may hold a secret, and so may name a file that does: `OPENAI_API_KEY_FILE=/run/secrets/openai`. */
const SECRET =
  /^(?:(?:OPENAI|ANTHROPIC|GOOGLE|OLLAMA|TEMPORAL)_API_KEY|CREDENTIAL_[A-Z0-9_]+|AGENT_ACCESS_TOKEN|STREAM_AUTH_SECRET|(?:STORAGE|AGENT_STORAGE|STREAM)_URL)$/;
const FILE = '_FILE';
const LARGEST_BYTES = 64 * 1024;

/**
 * The environment with the contents of its `*_FILE` variables in place of them, without the line break that ends a
 * file. Throws VALIDATION_FAILED for a file that cannot be read, and for a variable that is given both ways.
 */
export function withSecretFiles(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const files = Object.entries(environment).flatMap(([name, path]) => {
    const secret = name.slice(0, -FILE.length);
    return name.endsWith(FILE) && SECRET.test(secret) && !secret.endsWith('_HOSTS') ? [{ name, secret, path }] : [];
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
    throw fault(name, `the file "${path}" cannot be read (${reason})`);
  }
  if (content.byteLength > LARGEST_BYTES) throw fault(name, `the file "${path}" is too large for a secret`);
  const secret = content.toString('utf8').replace(/\r?\n$/, '');
  if (secret === '') throw fault(name, `the file "${path}" is empty`);
  return secret;
}

function fault(name: string, what: string): CircuitBreakerError {
  const message = `${name}: ${what}`;
  return new CircuitBreakerError('VALIDATION_FAILED', message, {
    problems: [{ code: 'BAD_VARIABLE', pointer: `/${name}`, message }],
  });
}
