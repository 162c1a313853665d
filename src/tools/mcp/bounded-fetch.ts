import { MAX_MESSAGE_BYTES, TOO_LARGE } from './message-limit.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * A fetch whose answers hold no message that is larger than a server's may be: one that does breaks off, and `onTooLarge` is
 * told. In a stream of events an empty line ends a message; of an answer that is one, `onStream` is told.
 */
export function boundedFetch(onTooLarge: (reason: string) => void, onStream: () => void) {
  return async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    if (response.body === null) return response;
    const isStream = response.headers.get('content-type')?.includes('text/event-stream') === true;
    if (isStream) onStream();
    const body = response.body.pipeThrough(limit(isStream, onTooLarge));
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

function limit(isStream: boolean, onTooLarge: (reason: string) => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes = isStream ? bytesOfLastMessage(chunk, bytes) : bytes + chunk.byteLength;
      if (bytes > MAX_MESSAGE_BYTES) {
        onTooLarge(TOO_LARGE);
        controller.error(new Error(TOO_LARGE));
        return;
      }
      controller.enqueue(chunk);
    },
  });
}

/** An empty line that lies across two chunks is not seen: the next one is. */
function bytesOfLastMessage(chunk: Uint8Array, before: number): number {
  for (let at = chunk.byteLength - 1; at > 0; at -= 1) {
    if (chunk[at] !== LINE_FEED) continue;
    const previous = chunk[at - 1] === CARRIAGE_RETURN ? chunk[at - 2] : chunk[at - 1];
    if (previous === LINE_FEED) return chunk.byteLength - at;
  }
  return before + chunk.byteLength;
}
