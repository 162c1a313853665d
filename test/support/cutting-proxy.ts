import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A request as it went through; of a WebSocket, the one that asks for it. */
export interface PassedRequest {
  readonly line: string;
  readonly lastEventId: string | undefined;
  /** Whether the connection that it came on is still there. */
  readonly isOpen: () => boolean;
}

interface Passage {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands between a client and a server, passes bytes on, and breaks a connection or falls silent when it is told to. */
export class CuttingProxy {
  /** Connections that were opened since the start. */
  opened = 0;
  private chunksToCut: number | undefined;
  private isSilent = false;
  private readonly requests: PassedRequest[] = [];
  private readonly open = new Set<Passage>();

  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (client) => {
      proxy.pass({ client, server: connect(Number(port), hostname) });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Breaks the connection, once, on which so many chunks of an answer come, without a word to either side. */
  cutAfterChunks(count: number): void {
    this.chunksToCut = count;
  }

  /** The requests for what is called so, without those by which a browser asks whether it may. */
  visitsTo(name: string): readonly PassedRequest[] {
    return this.requests.filter(({ line }) => line.startsWith('GET ') && line.includes(`/${name}`));
  }

  /** Breaks all connections at once, without a word to either side. */
  cutAll(): void {
    for (const { client } of this.open) client.resetAndDestroy();
  }

  /** Passes nothing on from now on, and closes nothing: as if all packets were lost. */
  fallSilent(): void {
    this.isSilent = true;
    for (const passage of this.open) part(passage);
  }

  /** Passes on again, also what has come meanwhile. */
  speakAgain(): void {
    this.isSilent = false;
    for (const passage of this.open) join(passage);
  }

  async stop(): Promise<void> {
    for (const { client } of this.open) client.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(passage: Passage): void {
    const { client, server } = passage;
    this.opened += 1;
    this.open.add(passage);
    client.on('data', (bytes) => {
      this.note(bytes.toString('latin1'), client);
    });
    client.on('close', () => {
      this.open.delete(passage);
      server.destroy();
    });
    let chunks = 0;
    server.on('data', (bytes) => {
      chunks += bytes.toString('latin1').split('content_chunk').length - 1;
      if (this.chunksToCut === undefined || chunks < this.chunksToCut) return;
      this.chunksToCut = undefined;
      client.resetAndDestroy();
    });
    server.on('close', () => client.destroy());
    for (const socket of [client, server]) socket.on('error', () => undefined);
    if (this.isSilent) part(passage);
    else join(passage);
  }

  /** Browsers send the head of a request in one piece. */
  private note(text: string, client: Socket): void {
    const line = /^[A-Z]+ \S+ HTTP\/1\.1/.exec(text)?.[0];
    if (line === undefined) return;
    const lastEventId = /^last-event-id: (.*)$/im.exec(text)?.[1]?.trim();
    this.requests.push({ line, lastEventId, isOpen: () => !client.destroyed });
  }
}

function join({ client, server }: Passage): void {
  client.pipe(server).pipe(client);
}

function part({ client, server }: Passage): void {
  client.unpipe(server).pause();
  server.unpipe(client).pause();
}
