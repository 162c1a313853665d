const SHORTEST_TEXT = 4;
const BASE = 31;

/**
 * A short text without what it has in common with long ones: pieces of `length` characters and more, and texts that are
 * shorter as a whole. Takes time in proportion to the long ones, which may be prompts of a mebibyte.
 */
export function withoutPieces(
  text: string,
  others: readonly string[],
  { length, mask }: { readonly length: number; readonly mask: string },
): string {
  const isShared = new Array<boolean>(text.length).fill(false);
  const windows = windowsOf(text, length);
  for (const other of others) {
    if (other.length < length) {
      if (other.length >= SHORTEST_TEXT) markAll(text, other, isShared);
    } else if (windows.size > 0) markWindows(other, windows, { length, isShared });
  }
  return masked(text, isShared, mask);
}

interface Piece {
  readonly text: string;
  readonly starts: number[];
}

/** Where each piece of the text is, by its hash. */
function windowsOf(text: string, length: number): Map<number, Piece[]> {
  const windows = new Map<number, Piece[]>();
  for (let start = 0; start + length <= text.length; start += 1) {
    const piece = text.slice(start, start + length);
    const hash = hashOf(piece);
    const alike = windows.get(hash) ?? [];
    const known = alike.find((other) => other.text === piece);
    if (known !== undefined) known.starts.push(start);
    else windows.set(hash, [...alike, { text: piece, starts: [start] }]);
  }
  return windows;
}

/** Rolls one hash over the other text, and compares where it is that of a piece. A piece that was found is not looked for again. */
function markWindows(
  other: string,
  windows: Map<number, Piece[]>,
  { length, isShared }: { readonly length: number; readonly isShared: boolean[] },
): void {
  const leaving = power(length - 1);
  let hash = hashOf(other.slice(0, length));
  for (let start = 0; ; start += 1) {
    const alike = windows.get(hash);
    if (alike !== undefined) {
      const found = alike.filter((piece) => other.startsWith(piece.text, start));
      for (const at of found.flatMap(({ starts }) => starts)) isShared.fill(true, at, at + length);
      if (found.length > 0)
        windows.set(
          hash,
          alike.filter((piece) => !found.includes(piece)),
        );
    }
    if (start + length >= other.length) return;
    const without = (hash - Math.imul(other.charCodeAt(start), leaving)) | 0;
    hash = (Math.imul(without, BASE) + other.charCodeAt(start + length)) | 0;
  }
}

function hashOf(piece: string): number {
  let hash = 0;
  for (let at = 0; at < piece.length; at += 1) hash = (Math.imul(hash, BASE) + piece.charCodeAt(at)) | 0;
  return hash;
}

function power(exponent: number): number {
  let result = 1;
  for (let step = 0; step < exponent; step += 1) result = Math.imul(result, BASE);
  return result;
}

function markAll(text: string, other: string, isShared: boolean[]): void {
  for (let at = text.indexOf(other); at !== -1; at = text.indexOf(other, at + 1))
    isShared.fill(true, at, at + other.length);
}

function masked(text: string, isShared: readonly boolean[], mask: string): string {
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    if (isShared[at] !== true) result += text.charAt(at);
    else if (at === 0 || isShared[at - 1] !== true) result += mask;
  }
  return result;
}
