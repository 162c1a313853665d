import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform, type Duplex } from 'node:stream';

import { SlowLine, type Slowness } from './slow-line.js';

/** A request as it went through; of a WebSocket, the one that asks for it. */
export interface PassedRequest {
  readonly line: string;
  readonly lastEventId: string | undefined;
  /** Whether the connection that it came on is still there. */
  readonly isOpen: () => boolean;
}

/** A direction in which bytes go through. */
export type Way = 'to-server' | 'to-client';

const WAYS: readonly Way[] = ['to-server', 'to-client'];

interface Passage {
  readonly client: Socket;
  readonly server: Socket;
  /** From where it comes to where it goes, with what is in between. */
  readonly ways: Readonly<Record<Way, readonly Duplex[]>>;
}

/** In which a client reads what was passed on before its connection breaks, also on a machine with much to do. */
const READING_MS = 1000;

/**
 * Stands between a client and a server, passes bytes on, and does to them what networks do when it is told to: breaks connections and
 * takes none, loses all packets of one direction or of both, is slow.
 */
export class CuttingProxy {
  readonly #server: Server;
  /** Connections that were opened since the start. */
  opened = 0;
  #chunksToCut: number | undefined;
  readonly #silent = new Set<Way>();
  #slowness: Slowness = {};
  #isAway = false;
  readonly #requests: PassedRequest[] = [];
  readonly #open = new Set<Passage>();
  /** Nothing passes on these any more. */
  readonly #forgotten = new Set<Passage>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (client) => {
      if (proxy.#isAway) client.resetAndDestroy();
      else proxy.#pass(client, connect(Number(port), hostname));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /**
   * Breaks the connection, once, on which so many chunks of an answer come, without a word to either side, in the last of
   * them: those before it have been passed on, and read.
   */
  cutAfterChunks(count: number): void {
    this.#chunksToCut = count;
  }

  /** The requests for what is called so, without those by which a browser asks whether it may. */
  visitsTo(name: string): readonly PassedRequest[] {
    return this.#requests.filter(({ line }) => line.startsWith('GET ') && line.includes(`/${name}`));
  }

  /** Breaks all connections at once, without a word to either side. */
  cutAll(): void {
    for (const { client } of this.#open) client.resetAndDestroy();
  }

  /** Breaks all connections, and from now on each that is opened. */
  goAway(): void {
    this.#isAway = true;
    this.cutAll();
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /**
   * Passes nothing on from now on, this way or both, and closes nothing: as if all packets were lost. Ends of connections are packets,
   * too: neither side learns of them.
   */
  fallSilent(...ways: readonly Way[]): void {
    for (const way of ways.length === 0 ? WAYS : ways) {
      this.#silent.add(way);
      for (const passage of this.#open) part(passage, way);
    }
  }

  /** Passes on again, also what has come meanwhile. */
  speakAgain(): void {
    const passages = [...this.#open].filter((passage) => !this.#forgotten.has(passage));
    for (const way of this.#silent) for (const passage of passages) join(passage, way);
    this.#silent.clear();
  }

  /**
   * On connections that are open now nothing passes any more, and neither side is told: as when a firewall on the way has lost its
   * table. New ones are not hurt.
   */
  forgetAll(): void {
    for (const passage of this.#open) {
      this.#forgotten.add(passage);
      for (const way of WAYS) part(passage, way);
    }
  }

  /** From now on what passes is so slow, each way. */
  slowDown(slowness: Slowness): void {
    this.#slowness = slowness;
  }

  speedUp(): void {
    this.#slowness = {};
  }

  /** Whatever was done to it is over. */
  mend(): void {
    this.comeBack();
    this.speakAgain();
    this.speedUp();
  }

  async stop(): Promise<void> {
    for (const { client } of this.#open) client.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket, server: Socket): void {
    const line = () => new SlowLine(() => this.#slowness);
    const ways = {
      'to-server': [client, line(), server],
      'to-client': [server, this.#answerTo(client), line(), client],
    };
    const passage: Passage = { client, server, ways };
    this.opened += 1;
    this.#open.add(passage);
    client.on('data', (bytes) => {
      this.#note(bytes.toString('latin1'), client);
    });
    client.on('close', () => {
      this.#open.delete(passage);
      this.#forgotten.delete(passage);
      server.destroy();
    });
    server.on('close', () => {
      if (!server.readableEnded) client.destroy();
    });
    for (const stream of [...ways['to-server'], ...ways['to-client']]) stream.on('error', () => undefined);
    for (const way of WAYS) (this.#silent.has(way) ? part : join)(passage, way);
  }

  #answerTo(client: Socket): Transform {
    let chunks = 0;
    return new Transform({
      transform: (bytes: Buffer, _encoding, passOn) => {
        const starts = startsOfChunks(bytes);
        const end = this.#chunksToCut === undefined ? undefined : starts[Math.max(this.#chunksToCut - chunks - 1, 0)];
        chunks += starts.length;
        if (end === undefined) {
          passOn(null, bytes);
          return;
        }
        this.#chunksToCut = undefined;
        // Nothing more is passed on, since `passOn` is not called again.
        client.write(bytes.subarray(0, end));
        setTimeout(() => client.resetAndDestroy(), READING_MS);
      },
    });
  }

  /** Browsers send the head of a request in one piece. */
  #note(text: string, client: Socket): void {
    const line = /^[A-Z]+ \S+ HTTP\/1\.1/.exec(text)?.[0];
    if (line === undefined) return;
    const lastEventId = /^last-event-id: (.*)$/im.exec(text)?.[1]?.trim();
    this.#requests.push({ line, lastEventId, isOpen: () => !client.destroyed });
  }
}

/** Where in them the name of a chunk's type begins. One that two pieces share is not found. */
function startsOfChunks(bytes: Buffer): readonly number[] {
  return [...bytes.toString('latin1').matchAll(/content_chunk/g)].map(({ index }) => index);
}

function join({ ways }: Passage, way: Way): void {
  ways[way].reduce((from, to) => from.pipe(to));
}

function part({ ways }: Passage, way: Way): void {
  ways[way].reduce((from, to) => {
    from.unpipe(to).pause();
    return to;
  });
}
