import { MessageSize } from './message-size.js';

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
  const size = new MessageSize(isStream ? 'empty line' : 'none');
  return new TransformStream({
    transform(chunk, controller) {
      const reason = size.add(chunk);
      if (reason === undefined) {
        controller.enqueue(chunk);
        return;
      }
      onTooLarge(reason);
      controller.error(new Error(reason));
    },
  });
}
