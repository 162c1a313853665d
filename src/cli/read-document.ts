import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';

import { CircuitBreakerError } from '../core/errors.js';
import { MAX_TOKEN_BYTES } from '../core/tokens/token-size.js';

/** Room that the token's other data and the JSON around the text may take. */
const MAX_DOCUMENT_BYTES = MAX_TOKEN_BYTES - 16 * 1024;

/** A text document as it goes into a token. Throws with a code and what to do when it cannot. */
export async function readDocument(path: string): Promise<string> {
  const bytes = await readBytes(path);
  const text = decodeUtf8(path, bytes);
  if (text.trim() === '') throw unusable('VALIDATION_FAILED', `${path} is empty: there is nothing to review.`);
  return text;
}

/** The document's kind, for the prompt: from the file's name. */
export function documentType(path: string): string {
  const extension = extname(path).toLowerCase();
  return extension === '.md' || extension === '.markdown' ? 'Markdown document' : 'text document';
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_DOCUMENT_BYTES) {
      const message = `${path} has ${size} bytes; a document may have at most ${MAX_DOCUMENT_BYTES}. Split it, or review a part of it.`;
      throw unusable('TOKEN_TOO_LARGE', message);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof CircuitBreakerError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw unusable('NOT_FOUND', `${path} cannot be read (${reason}). Give the path of a text or Markdown file.`);
  }
}

function decodeUtf8(path: string, bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\u0000')) return text;
  } catch {
    // Falls through to the same answer as a file with NUL bytes: neither is text.
  }
  throw unusable(
    'VALIDATION_FAILED',
    `${path} is not text in UTF-8. Convert it first, e.g. with iconv or by exporting it as Markdown.`,
  );
}

function unusable(code: 'VALIDATION_FAILED' | 'TOKEN_TOO_LARGE' | 'NOT_FOUND', message: string): CircuitBreakerError {
  return new CircuitBreakerError(code, message);
}
