/**
 * The address that a text is, or leads to from another; undefined where it is none. `URL.canParse` does not tell: once Node has
 * compiled a call of it, texts of Latin-1 such as headers are read as if they were UTF-8, and what it says of them is not what
 * `new URL` does (Node 20.20).
 */
export function parsedUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
