import { open, type FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';

import { CircuitBreakerError } from '../../core/errors.js';
import { MAX_TOKEN_BYTES } from '../../core/tokens/token-size.js';
import { kindOfFile, kindOfUnreadable } from './file-kind.js';

/** Room that the token's other data and the JSON around the text may take. */
const MAX_DOCUMENT_BYTES = MAX_TOKEN_BYTES - 16 * 1024;
/** UTF-16 takes at most twice the bytes that UTF-8 does, and two for its mark. */
const MAX_FILE_BYTES = 2 * MAX_DOCUMENT_BYTES + 2;
/** Enough to tell what a file is that is too large to be read. */
const START_BYTES = 64 * 1024;

/**
 * A text document as it goes into a token: UTF-8, or UTF-16 with its byte order mark. Throws with a code and what to do
 * when it cannot, also when it is no text but a PDF, say: what it is called does not count.
 */
export async function readDocument(path: string): Promise<string> {
  const { start, size, content } = await readBytes(path);
  const kind = kindOfFile(content ?? start);
  if (kind !== undefined) throw unusable('VALIDATION_FAILED', `${path} is ${kind.name}, not text. ${kind.advice}`);
  if (content === undefined) throw tooLarge(path, size);
  const text = decode(path, content);
  if (text.trim() === '') throw unusable('VALIDATION_FAILED', `${path} is empty: there is nothing to review.`);
  const length = Buffer.byteLength(text);
  if (length > MAX_DOCUMENT_BYTES) throw tooLarge(path, length);
  return text;
}

/** The document's kind, for the prompt: from the file's name. */
export function documentType(path: string): string {
  const extension = extname(path).toLowerCase();
  return extension === '.md' || extension === '.markdown' ? 'Markdown document' : 'text document';
}

interface ReadFile {
  readonly start: Uint8Array;
  readonly size: number;
  /** All of it; absent when it is larger than any document. */
  readonly content?: Uint8Array;
}

async function readBytes(path: string): Promise<ReadFile> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size <= MAX_FILE_BYTES) {
        const content = await file.readFile();
        return { start: content, size, content };
      }
      return { start: await startOf(file), size };
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw unusable('NOT_FOUND', `${path} cannot be read (${reason}). Give the path of a text or Markdown file.`);
  }
}

async function startOf(file: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
    if (!hasControls(text)) return text;
  } catch {
    // Falls through to the same answer as a file of control characters: neither is text.
  }
  const { name, advice } = kindOfUnreadable(bytes);
  throw unusable('VALIDATION_FAILED', `${path} is not text in UTF-8 but ${name}. ${advice}`);
}

/** By the byte order mark, which the decoder then leaves out. */
function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** Whether a text has U+0000, or so many control characters that nobody has typed it. Logs have ESC, for their colours. */
function hasControls(text: string): boolean {
  const odd = text.replaceAll('\u001b', '').match(/(?!\s)\p{Cc}/gu)?.length ?? 0;
  return text.includes('\0') || odd > text.length / 50;
}

function tooLarge(path: string, bytes: number): CircuitBreakerError {
  const message = `${path} has ${bytes} bytes; a document may have at most ${MAX_DOCUMENT_BYTES}. Split it, or review a part of it.`;
  return unusable('TOKEN_TOO_LARGE', message);
}

function unusable(code: 'VALIDATION_FAILED' | 'TOKEN_TOO_LARGE' | 'NOT_FOUND', message: string): CircuitBreakerError {
  return new CircuitBreakerError(code, message);
}
