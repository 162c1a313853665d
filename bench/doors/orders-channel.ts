import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the bench that answers one order at a time. */
export class BenchProcess {
  readonly #child: ChildProcess;
  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(file: string): Promise<BenchProcess> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, { execArgv: ['--import', 'tsx', '--expose-gc'] });
    await once(child, 'message');
    return new BenchProcess(child);
  }

  /** Sends an order and gives the answer. */
  async ask<Answer>(name: string, order?: unknown): Promise<Answer> {
    this.#child.send({ name, order });
    const [answer] = (await once(this.#child, 'message')) as [{ readonly value: Answer; readonly error?: string }];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  /** It is gone when this resolves: what it works with may be taken away then. */
  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** In the process itself: answers orders by name, until the bench lets it go. */
export function serveOrders(handlers: Readonly<Record<string, (order: never) => unknown>>): void {
  process.on('message', (message: { readonly name: string; readonly order: unknown }) => {
    void (async () => {
      try {
        const value = await handlers[message.name]?.(message.order as never);
        process.send?.({ value });
      } catch (error) {
        process.send?.({ error: error instanceof Error ? error.stack : String(error) });
      }
    })();
  });
  process.on('disconnect', () => {
    process.exit();
  });
  process.send?.('ready');
}
