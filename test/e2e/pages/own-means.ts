import type { Doors, EventSourceReading, ReadEvent, WebSocketReading } from './page-functions.js';

/** By what every browser has: EventSource, WebSocket, fetch. */

/** Reads until the browser has given up for good, and never closes it itself. */
export async function readByEventSource(url: string): Promise<EventSourceReading> {
  const source = new EventSource(url);
  const events: ReadEvent[] = [];
  return await new Promise((resolve) => {
    source.onmessage = ({ data }) => {
      events.push(JSON.parse(String(data)) as ReadEvent);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve({ events, readyState: source.readyState });
    };
  });
}

export async function readByWebSocket(url: string): Promise<WebSocketReading> {
  const socket = new WebSocket(url);
  const events: ReadEvent[] = [];
  return await new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      events.push(JSON.parse(String(data)) as ReadEvent);
    };
    socket.onclose = ({ code }) => {
      resolve({ events, code });
    };
  });
}

export async function tryEveryDoor(api: string, executionId: string): Promise<Doors> {
  const sockets = api.replace(/^http/, 'ws');
  const [post, eventSource, { code }, graphqlSocket] = await Promise.all([
    answerOf(`${api}/graphql`),
    firstWordOf(new EventSource(`${api}/agent-stream/${executionId}`)),
    readByWebSocket(`${sockets}/agent-stream/${executionId}`),
    closeCodeOf(new WebSocket(`${sockets}/graphql`, 'graphql-transport-ws')),
  ]);
  return { post, eventSource, webSocket: code, graphqlSocket };
}

export async function sendBlindly(url: string, body: string): Promise<void> {
  await fetch(url, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body });
}

async function answerOf(url: string): Promise<string> {
  try {
    const body = JSON.stringify({ query: '{ __typename }' });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return response.ok ? 'readable' : String(response.status);
  } catch (error) {
    return String(error);
  }
}

async function firstWordOf(source: EventSource): Promise<string> {
  return await new Promise((resolve) => {
    source.onmessage = () => {
      source.close();
      resolve('readable');
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve('refused');
    };
  });
}

/** A socket that is let in is closed by us once it has been greeted. */
async function closeCodeOf(socket: WebSocket): Promise<number> {
  return await new Promise((resolve) => {
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: 'connection_init' }));
    };
    socket.onmessage = () => {
      socket.close(1000);
    };
    socket.onclose = ({ code }) => {
      resolve(code);
    };
  });
}
