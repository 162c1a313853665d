import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';

import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readDocument } from '../../../src/cli/demo/read-document.js';
import { aZip } from '../../support/a-zip.js';

const TEXT = 'Größe: 3 km — naïve 中文 🙂\n';
const BOM = '\ufeff';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-documents-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** By a name that says nothing: what counts are the bytes. */
async function read(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'document.md');
  await writeFile(path, content);
  return await readDocument(path);
}

async function refusal(content: string | Uint8Array): Promise<string> {
  return await read(content).then(
    (text) => `accepted: ${text}`,
    (error: unknown) => (error instanceof Error ? error.message.replace(join(folder, 'document.md'), 'It') : ''),
  );
}

async function aTar(): Promise<Buffer> {
  await writeFile(join(folder, 'note.txt'), TEXT);
  return create({ cwd: folder, sync: true, portable: true }, ['note.txt']).read() ?? Buffer.alloc(0);
}

async function startOfNode(): Promise<Uint8Array> {
  const file = await open(process.execPath);
  const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  await file.close();
  return buffer;
}

function swapped(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

const base64 = (text: string) => Buffer.from(text, 'base64');
const PDF =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n';
const WORD = aZip({ '[Content_Types].xml': '<Types/>', 'word/document.xml': '<w:document/>' });
const OPEN_DOCUMENT = aZip({
  mimetype: 'application/vnd.oasis.opendocument.text',
  'content.xml': '<office:document/>',
});
const PNG = base64('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==');
const GIF = base64('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7');
const JPEG = base64(
  '/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/',
);
const WEBP = base64('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA');

describe('a document that is text', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(BOM + TEXT)],
    ['UTF-16, little end first', Buffer.from(BOM + TEXT, 'utf16le')],
    ['UTF-16, big end first', swapped(BOM + TEXT)],
  ])('is read as %s', async (_encoding, content) => {
    expect(await read(content)).toBe(TEXT);
  });

  it.each([
    ['a log with colours', '\u001b[31mERROR\u001b[0m out of paper\n'.repeat(50)],
    ['a list with form feeds', 'page 1\f\npage 2\f\n'],
    ['words that sound like a format', 'BZh is how such files begin, and PK and MZ and ID3 and RIFF, and ftyp.\n'],
    ['a page of the web', '<!doctype html><p>Hello</p>'],
    ['a table', 'name,amount\nTea,3\n'],
    ['JSON', '{"rtf": "{\\\\rtf1}"}'],
  ])('may be %s', async (_kind, content) => {
    expect(await read(content)).toBe(content);
  });

  it('is measured in UTF-8, whatever it comes in', async () => {
    const most = 240 * 1024;
    expect(await read(Buffer.from(BOM + 'a'.repeat(most), 'utf16le'))).toHaveLength(most);
    expect(await refusal(Buffer.from(BOM + '中'.repeat(most / 2), 'utf16le'))).toMatch(
      /^It has 368640 bytes; .*Split it/,
    );
  });
});

describe('a file that is no text document is told by its bytes, and what to do about it:', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['RTF', '{\\rtf1\\ansi Hello}', /rich text file \(RTF\), not text\. .*export it as text/],
    ['RTF behind a byte order mark', `${BOM}\n{\\rtf1\\ansi Hello}`, /RTF/],
    ['PDF, all of it in ASCII', PDF, /^It is a PDF, not text\. .*pdftotext/],
    ['PDF', Buffer.concat([Buffer.from(PDF), deflateRawSync(TEXT)]), /a PDF/],
    ['PostScript', '%!PS-Adobe-3.0\nshowpage\n', /PostScript.*ps2ascii/],
    ['DOCX', WORD, /Word document \(DOCX\).*pandoc/],
    ['ODT', OPEN_DOCUMENT, /OpenDocument/],
    ['XLSX', aZip({ 'xl/workbook.xml': '<workbook/>' }), /Excel.*CSV/],
    ['PPTX', aZip({ 'ppt/presentation.xml': '<p/>' }), /PowerPoint/],
    ['EPUB', aZip({ mimetype: 'application/epub+zip' }), /EPUB/],
    ['an old Word document', base64('0M8R4KGxGuEAAAAAAAAAAAAAAAAAAAAAPgADAP7/CQA='), /of the old kind \(DOC/],
    ['PNG', PNG, /an image.*tesseract/],
    ['GIF', GIF, /an image/],
    ['JPEG', JPEG, /an image/],
    ['WebP', WEBP, /an image/],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /an image/],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0', 'latin1'), /an image/],
    ['BMP', Buffer.from('BM\x46\0\0\0\0\0\0\0\x36\0\0\0', 'latin1'), /an image/],
    ['ZIP', aZip({ 'note.txt': TEXT }), /an archive, not text\. Unpack it/],
    ['gzip', gzipSync(TEXT), /an archive/],
    ['7z', Buffer.from("7z\xbc\xaf'\x1c\0\x04", 'latin1'), /an archive/],
    ['RAR', Buffer.from('Rar!\x1a\x07\x01\0', 'latin1'), /an archive/],
    ['xz', Buffer.from('\xfd7zXZ\0\0\x04', 'latin1'), /an archive/],
    ['bzip2', Buffer.from('BZh91AY&SY\xc6\x1f', 'latin1'), /an archive/],
    ['zstd', Buffer.from('\x28\xb5\x2f\xfd\x04', 'latin1'), /an archive/],
    ['MP3', Buffer.from('ID3\x03\0\0', 'latin1'), /a sound or a video/],
    ['MP4', Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0', 'latin1'), /a sound or a video/],
    ['WAV', Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), /a sound or a video/],
    ['SQLite', Buffer.from('SQLite format 3\0\x10\0', 'latin1'), /a database/],
    ['bytes of any other kind', Buffer.from([1, 2, 3, 0, 250, 4, 0, 9]), /a binary file/],
    ['control characters', Buffer.from('\x01\x02\x03\x04abc', 'latin1'), /not text|no text/],
    ['Windows-1252', Buffer.from('Gr\xf6\xdfe und \xc4rger', 'latin1'), /another encoding.*iconv -f WINDOWS-1252/],
    [
      'UTF-16 without its mark',
      Buffer.from('Hello, this is wide text.', 'utf16le'),
      /UTF-16LE without a byte order mark.*iconv/,
    ],
    ['UTF-16 without its mark, big end first', swapped('Hello, this is wide text.'), /UTF-16BE without/],
    ['UTF-32', Buffer.from('\xff\xfe\0\0H\0\0\0i\0\0\0', 'latin1'), /no text|binary/],
  ])('%s', async (_kind, content, message) => {
    expect(await refusal(content)).toMatch(message);
  });

  it('a tar archive', async () => {
    expect(await refusal(await aTar())).toMatch(/an archive/);
  });

  it('a program', async () => {
    expect(await refusal(await startOfNode())).toMatch(/a program/);
  });

  it('also when it is too large to be read', async () => {
    const path = join(folder, 'large');
    await writeFile(path, PDF);
    await truncate(path, 5_000_000);
    await expect(readDocument(path)).rejects.toThrow(/is a PDF, not text/);
    await writeFile(path, 'a'.repeat(600_000));
    await expect(readDocument(path)).rejects.toThrow(/has 600000 bytes; .* Split it/);
  });
});

describe('a document that cannot be had', () => {
  it.each([
    ['is not there', () => join(folder, 'nowhere.md'), /cannot be read \(ENOENT\)\. Give the path/],
    ['is a folder', () => folder, /cannot be read \(EISDIR\)/],
  ])('%s', async (_why, path, message) => {
    await expect(readDocument(path())).rejects.toThrow(message);
  });

  it('is empty, or blank', async () => {
    expect(await refusal('')).toBe('It is empty: there is nothing to review.');
    expect(await refusal(`${BOM} \n`)).toBe('It is empty: there is nothing to review.');
  });
});
