import { ModelError } from '../../core/executions/model-error.js';
import { LARGEST_FRAME } from './event-stream.js';

/**
 * The lines of a body, those together that arrive together, without empty ones. What is left at the end without its line break is passed on
 * too, so that the reader sees a cut line as malformed and not as absent.
 * Throws ModelError `incomplete_stream` for a line above LARGEST_FRAME characters.
 */
export async function* readJsonLines(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new TextDecoder();
  let open = '';
  for await (const bytes of body) {
    const lines = (open + decoder.decode(bytes, { stream: true })).split('\n');
    open = lines.pop() ?? '';
    yield lines.filter(isSomething);
    bounded(open);
  }
  open += decoder.decode();
  yield [open].filter(isSomething);
}

function isSomething(line: string): boolean {
  return bounded(line).trim() !== '';
}

function bounded(line: string): string {
  if (line.length <= LARGEST_FRAME) return line;
  throw new ModelError('incomplete_stream', 'The provider sent a line of more than 2 MiB without an end.');
}
