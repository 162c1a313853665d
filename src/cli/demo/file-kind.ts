/** What a file is that is no text document, and how a person gets a text of it. */
export interface FileKind {
  /** With its article: `a PDF`. */
  readonly name: string;
  readonly advice: string;
}

/** What stands in files of a kind, by its place; all of it has to. Bytes as Latin-1. */
type Signature = Readonly<Record<number, string>>;

const PDF = { name: 'a PDF', advice: 'Take its text out first, e.g. with pdftotext.' };
const EXPORT = 'Open it in its program and export it as text or Markdown, or convert it with pandoc.';
const RTF = { name: 'a rich text file (RTF)', advice: EXPORT };
const DOCX = { name: 'a Word document (DOCX)', advice: EXPORT };
const OPEN_DOCUMENT = { name: 'an OpenDocument file (ODT or its like)', advice: EXPORT };
const OLD_OFFICE = { name: 'an Office file of the old kind (DOC, XLS, PPT or MSG)', advice: EXPORT };
const SPREADSHEET = { name: 'an Excel workbook (XLSX)', advice: 'Export the sheet that matters as CSV.' };
const SLIDES = { name: 'a PowerPoint presentation (PPTX)', advice: EXPORT };
const EPUB = { name: 'an e-book (EPUB)', advice: EXPORT };
const PAGES = { name: 'a Pages, Numbers or Keynote file', advice: EXPORT };
const IMAGE = { name: 'an image', advice: 'Only text is read: recognise the text in it first, e.g. with tesseract.' };
const ARCHIVE = { name: 'an archive', advice: 'Unpack it, and give the document that is in it.' };
const MEDIA = { name: 'a sound or a video', advice: 'Only text is read: give a transcript of it.' };
const PROGRAM = { name: 'a program', advice: 'Give a text or Markdown file.' };
const DATABASE = { name: 'a database', advice: 'Export what matters as text, CSV or Markdown.' };
const FONT = { name: 'a font', advice: 'Give a text or Markdown file.' };
const BINARY = { name: 'a binary file', advice: 'Give a text or Markdown file.' };

const POSTSCRIPT = { name: 'a PostScript file', advice: 'Take its text out first, e.g. with ps2ascii.' };
const PROPERTY_LIST = { name: 'a property list', advice: EXPORT };

const KINDS: readonly (readonly [FileKind, ...Signature[]])[] = [
  [PDF, ...starting('%PDF-')],
  [POSTSCRIPT, ...starting('%!PS')],
  [RTF, ...starting('{\\rtf')],
  [OLD_OFFICE, ...starting('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')],
  [
    IMAGE,
    ...starting('\x89PNG', 'GIF87a', 'GIF89a', 'II*\0', 'MM\0*', '8BPS\0', '\0\0\x01\0', '\xff\xd8\xff', '\xff\x0a'),
  ],
  [IMAGE, { 0: 'RIFF', 8: 'WEBP' }, { 0: 'BM', 6: '\0\0\0\0' }, { 0: '\0\0\0\x0c', 4: 'JXL ' }, { 4: 'jP  \r\n' }],
  [IMAGE, { 4: 'ftyphei' }, { 4: 'ftypmif1' }, { 4: 'ftypmsf1' }, { 4: 'ftypavi' }],
  [ARCHIVE, ...starting('\x1f\x8b', '\x1f\x9d', '\xfd7zXZ\0', "7z\xbc\xaf'\x1c", 'Rar!\x1a\x07', 'MSCF\0', 'LZIP\x01')],
  [ARCHIVE, ...starting('\x28\xb5\x2f\xfd', '\x04\x22\x4d\x18', '!<arch>\n')],
  [ARCHIVE, { 0: 'BZh', 4: '1AY&SY' }, { 257: 'ustar\0' }, { 257: 'ustar ' }],
  [MEDIA, ...starting('ID3\x02', 'ID3\x03', 'ID3\x04', 'OggS\0', 'fLaC\0', 'FLV\x01', '\x1aE\xdf\xa3')],
  [MEDIA, ...starting('\xff\xfb', '\xff\xf3', '\xff\xf2', '\xff\xf1')],
  [MEDIA, { 0: 'RIFF', 8: 'WAVE' }, { 0: 'RIFF', 8: 'AVI ' }, { 4: 'ftyp' }],
  [PROGRAM, ...starting('\x7fELF', '\xca\xfe\xba\xbe', '\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe', '\0asm', 'MZ\x90\0')],
  [DATABASE, ...starting('SQLite format 3\0', 'PAR1\x15')],
  [FONT, ...starting('OTTO\0', 'wOFF\0', 'wOF2\0', '\0\x01\0\0\0')],
  [PROPERTY_LIST, ...starting('bplist00')],
];

/** What is in a ZIP file says what it is: the names of its members stand in it as they are. */
const IN_ZIP: readonly (readonly [FileKind, string])[] = [
  [DOCX, 'word/document'],
  [SPREADSHEET, 'xl/workbook'],
  [SLIDES, 'ppt/presentation'],
  [OPEN_DOCUMENT, 'application/vnd.oasis.opendocument'],
  [EPUB, 'application/epub+zip'],
  [PAGES, 'Index/Document.iwa'],
];
const ZIP = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];
/** A byte order mark and blanks, which some programs write in front of what they make. */
const LEADING = /^(?:\xef\xbb\xbf)?\s*/;

/** What a file is by its bytes, whatever its name says; `undefined` when it may be text. */
export function kindOfFile(bytes: Uint8Array): FileKind | undefined {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (ZIP.some((start) => content.startsWith(start))) {
    return IN_ZIP.find(([, member]) => content.includes(member))?.[0] ?? ARCHIVE;
  }
  const trimmed = content.replace(LEADING, '');
  return KINDS.find(([, ...signatures]) => signatures.some((one) => fits(content, one) || fits(trimmed, one)))?.[0];
}

/** What a file is that cannot be read as text and has no sign of its own. */
export function kindOfUnreadable(bytes: Uint8Array): FileKind {
  if (hasMany(bytes, (byte, index) => byte === 0 && index % 2 === 1)) return wideText('UTF-16LE');
  if (hasMany(bytes, (byte, index) => byte === 0 && index % 2 === 0)) return wideText('UTF-16BE');
  if (bytes.includes(0)) return BINARY;
  const advice = 'Save it as UTF-8, e.g. with `iconv -f WINDOWS-1252 -t UTF-8`.';
  return { name: 'text in another encoding, or no text at all', advice };
}

/** Letters of European languages have a zero in every other byte there. */
function wideText(encoding: string): FileKind {
  const advice = `Save it as UTF-8, e.g. with \`iconv -f ${encoding} -t UTF-8\`.`;
  return { name: `text in ${encoding} without a byte order mark, or no text at all`, advice };
}

function hasMany(bytes: Uint8Array, is: (byte: number, index: number) => boolean): boolean {
  const seen = bytes.subarray(0, 4096);
  return seen.length >= 4 && seen.filter(is).length > seen.length * 0.35;
}

function starting(...texts: readonly string[]): readonly Signature[] {
  return texts.map((text) => ({ 0: text }));
}

function fits(content: string, signature: Signature): boolean {
  return Object.entries(signature).every(([place, text]) => content.startsWith(text, Number(place)));
}
