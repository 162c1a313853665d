import { WebSocket } from 'ws';

export interface GraphqlMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A GraphQL socket without a client: says what it is told to, and shows what was said to it. */
export interface GraphqlSocket {
  readonly messages: readonly GraphqlMessage[];
  readonly closed: Promise<number>;
  send(message: object | string): void;
  /** Resolves when a message of the type has come, for the operation if one is named. */
  saw(type: string, id?: string): Promise<void>;
  /** Resolves when the server has taken everything that was sent. */
  isHeard(): Promise<void>;
  end(): void;
}

interface Opening {
  /** Empty: none is named. */
  readonly protocol?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function connectGraphql(
  address: string,
  { protocol = 'graphql-transport-ws', headers = {} }: Opening = {},
): Promise<GraphqlSocket> {
  const url = `${address.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, protocol === '' ? undefined : protocol, { headers });
  const messages: GraphqlMessage[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8')) as GraphqlMessage));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const send = (message: object | string) => {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  };
  return {
    messages,
    closed,
    send,
    saw: (type, id) =>
      until(() => messages.some((message) => message.type === type && (id === undefined || message.id === id))),
    isHeard: async () => {
      const payload = { asked: crypto.randomUUID() };
      send({ type: 'ping', payload });
      await until(() => messages.some((one) => JSON.stringify(one.payload) === JSON.stringify(payload)));
    },
    end: () => {
      socket.terminate();
    },
  };
}

/** A socket that has begun and may subscribe. */
export async function acknowledgedGraphql(address: string): Promise<GraphqlSocket> {
  const socket = await connectGraphql(address);
  socket.send({ type: 'connection_init' });
  await socket.saw('connection_ack');
  return socket;
}
