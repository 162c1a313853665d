import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { TLSConfig } from '@temporalio/client';

import type { PemSource, TemporalTls } from '../temporal-settings.js';
import { badVariables, wordsOf, type CircuitBreakerError } from '../core/errors.js';

/** More than any path has, or the file itself in place of its path. */
const NO_PATH = /-----BEGIN|[\r\n]|^.{500}/;

/**
 * What the SDK takes, with files read. Throws VALIDATION_FAILED, one line that names the variable or the profile, for a file that cannot
 * be read, or is no certificate or key: the SDK would say that nobody answers.
 */
export async function tlsConfig({ serverName, authority, client }: TemporalTls): Promise<TLSConfig> {
  const serverRootCACertificate = authority && (await pemOf(authority));
  if (authority && serverRootCACertificate) certificateIn(authority, serverRootCACertificate);
  const clientCertPair = client && { crt: await pemOf(client.certificate), key: await pemOf(client.key) };
  if (client && clientCertPair) refuseStrangers(client, clientCertPair);
  return {
    ...(serverName !== undefined && { serverNameOverride: serverName }),
    ...(serverRootCACertificate && { serverRootCACertificate }),
    ...(clientCertPair && { clientCertPair }),
  };
}

async function pemOf(source: PemSource): Promise<Buffer> {
  if ('pem' in source) return Buffer.from(source.pem);
  try {
    return await readFile(source.path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : wordsOf(error);
    const file = NO_PATH.test(source.path) ? 'what it has, which is no path,' : where(source);
    throw fault(source, `${file} cannot be read (${reason})`);
  }
}

/** A certificate is shown with its own key, or not at all. */
function refuseStrangers(
  client: NonNullable<TemporalTls['client']>,
  pair: NonNullable<TLSConfig['clientCertPair']>,
): void {
  const certificate = certificateIn(client.certificate, pair.crt);
  const key = parsed(client.key, 'private key', () => createPrivateKey(Buffer.from(pair.key)));
  if (certificate.checkPrivateKey(key)) return;
  throw fault(client.key, `${where(client.key)} is not the key of the certificate in ${where(client.certificate)}`);
}

function certificateIn(source: PemSource, pem: Uint8Array): X509Certificate {
  return parsed(source, 'certificate', () => new X509Certificate(pem));
}

function parsed<Parsed>(source: PemSource, what: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw fault(source, `${where(source)} has no ${what} in PEM that can be read (${wordsOf(error)})`);
  }
}

function where(source: PemSource): string {
  return 'path' in source ? `the file "${source.path}"` : `the text of ${source.origin}`;
}

function fault({ origin }: PemSource, what: string): CircuitBreakerError {
  return badVariables([{ name: origin, message: `${origin}: ${what}` }]);
}
