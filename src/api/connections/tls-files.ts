import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

import { badVariables } from '../../core/errors.js';

/** Where a certificate, with those between it and its root, and its key are, as PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a server takes of them. */
export type TlsIdentity = Pick<SecureContextOptions, 'cert' | 'key'>;

interface Loud {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const LOOK_EVERY_MS = 1000;

/** Throws VALIDATION_FAILED where a file cannot be read, or the two do not belong together. */
export function readTlsFiles({ certFile, keyFile }: TlsFiles): TlsIdentity {
  const identity = { cert: contentOf('TLS_CERT_FILE', certFile), key: contentOf('TLS_KEY_FILE', keyFile) };
  try {
    createSecureContext(identity);
    return identity;
  } catch {
    const message = `TLS_CERT_FILE and TLS_KEY_FILE: ${resolve(certFile)} and ${resolve(keyFile)} are not a certificate and its key, as PEM`;
    throw badVariables([{ name: 'TLS_CERT_FILE', message }]);
  }
}

/** Follows the files: a certificate that was renewed is shown to whoever connects from then on. Returns the end of it. */
export function followTlsFiles(files: TlsFiles, take: (identity: TlsIdentity) => void, logger: Loud): () => void {
  const paths = [resolve(files.certFile), resolve(files.keyFile)];
  const look = () => {
    try {
      take(readTlsFiles(files));
      logger.info({ files: paths }, 'the certificate has changed');
    } catch (error) {
      logger.error(
        { err: error, files: paths },
        'the certificate has changed to one that cannot be used: the last good one holds',
      );
    }
  };
  for (const path of paths) watchFile(path, { persistent: false, interval: LOOK_EVERY_MS }, look);
  return () => {
    for (const path of paths) unwatchFile(path, look);
  };
}

function contentOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw badVariables([{ name, message: `${name}: ${resolve(path)} cannot be read (${code})` }]);
  }
}
