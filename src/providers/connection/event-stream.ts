import { createParser } from 'eventsource-parser';
import { ModelError } from '../../core/executions/model-error.js';

/** More than any provider sends in one event; an endless line ends here and not in the memory of the process. */
export const LARGEST_FRAME = 2 * 1024 * 1024;

/**
 * The data of the server-sent events, those together that arrive together. What is left at the end without its blank line is passed on too,
 * so that the reader sees a cut frame as malformed and not as absent.
 * Throws ModelError `incomplete_stream` for an event above LARGEST_FRAME characters.
 */
export async function* readEventData(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<readonly string[], void, undefined> {
  let ready: string[] = [];
  let overflown = false;
  const parser = createParser({
    maxBufferSize: LARGEST_FRAME,
    onEvent: (event) => {
      ready.push(event.data);
    },
    onError: (error) => {
      overflown ||= error.type === 'max-buffer-size-exceeded';
    },
  });
  const take = (text: string): readonly string[] => {
    ready = [];
    parser.feed(text);
    if (overflown) {
      throw new ModelError('incomplete_stream', 'The provider sent an event of more than 2 MiB without an end.');
    }
    return ready;
  };
  const decoder = new TextDecoder();
  for await (const bytes of body) yield take(decoder.decode(bytes, { stream: true }));
  yield take(`${decoder.decode()}\n\n`);
}
