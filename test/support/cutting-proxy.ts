import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A request as it went through; of a WebSocket, the one that asks for it. */
export interface PassedRequest {
  readonly line: string;
  readonly lastEventId: string | undefined;
  /** Whether the connection that it came on is still there. */
  readonly isOpen: () => boolean;
}

/** Stands between a browser and the API, passes bytes on, and breaks a connection when it is told to. */
export class CuttingProxy {
  private chunksToCut: number | undefined;
  private readonly requests: PassedRequest[] = [];
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (browser) => {
      proxy.pass(browser, connect(Number(port), hostname));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks the connection, once, on which so many chunks of an answer come, without a word to either side. */
  cutAfterChunks(count: number): void {
    this.chunksToCut = count;
  }

  /** The requests for what is called so, without those by which a browser asks whether it may. */
  visitsTo(name: string): readonly PassedRequest[] {
    return this.requests.filter(({ line }) => line.startsWith('GET ') && line.includes(`/${name}`));
  }

  async stop(): Promise<void> {
    for (const browser of this.open) browser.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(browser: Socket, api: Socket): void {
    this.open.add(browser);
    browser.on('data', (bytes) => {
      this.note(bytes.toString('latin1'), browser);
    });
    browser.on('close', () => {
      this.open.delete(browser);
      api.destroy();
    });
    let chunks = 0;
    api.on('data', (bytes) => {
      chunks += bytes.toString('latin1').split('content_chunk').length - 1;
      if (this.chunksToCut === undefined || chunks < this.chunksToCut) return;
      this.chunksToCut = undefined;
      browser.resetAndDestroy();
    });
    api.on('close', () => browser.destroy());
    for (const socket of [browser, api]) socket.on('error', () => undefined);
    browser.pipe(api).pipe(browser);
  }

  /** Browsers send the head of a request in one piece. */
  private note(text: string, browser: Socket): void {
    const line = /^[A-Z]+ \S+ HTTP\/1\.1/.exec(text)?.[0];
    if (line === undefined) return;
    const lastEventId = /^last-event-id: (.*)$/im.exec(text)?.[1]?.trim();
    this.requests.push({ line, lastEventId, isOpen: () => !browser.destroyed });
  }
}
