/** More characters than the line of an answer that could be taken has. */
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * The lines of a file, however large it is: only one is in memory. `undefined` stands for a line that is too long, of which nothing
 * is kept. Empty lines are left out.
 */
export async function* readResultLines(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string | undefined, void, undefined> {
  const decoder = new TextDecoder();
  let open: string[] = [];
  let size = 0;
  const keep = (part: string) => {
    size += part.length;
    if (size > LONGEST_LINE) open = [];
    else open.push(part);
  };
  const close = (): string | undefined => {
    const line = size > LONGEST_LINE ? undefined : open.join('').trim();
    [open, size] = [[], 0];
    return line;
  };
  for await (const bytes of body) {
    const [first = '', ...more] = decoder.decode(bytes, { stream: true }).split('\n');
    keep(first);
    for (const part of more) {
      const line = close();
      if (line !== '') yield line;
      keep(part);
    }
  }
  keep(decoder.decode());
  const last = close();
  if (last !== '') yield last;
}
