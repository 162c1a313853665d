import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { FrameServerOrder } from '../test/support/processes/frame-server.js';

const SERVER = fileURLToPath(new URL('../test/support/processes/frame-server.ts', import.meta.url));

/** The provider that answers as fast as it is read, in a process of its own. */
export interface FrameServer {
  readonly root: string;
  answerWith(order: FrameServerOrder): Promise<void>;
  /** Connections opened so far. */
  connections(): Promise<number>;
  stop(): void;
}

export async function startFrameServer(): Promise<FrameServer> {
  const child = fork(SERVER, { execArgv: ['--import', 'tsx'] });
  const [{ root }] = (await once(child, 'message')) as [{ root: string }];
  return {
    root,
    answerWith: async (order) => {
      child.send(order);
      await once(child, 'message');
    },
    connections: async () => {
      const { connections } = (await (await fetch(root)).json()) as { connections: number };
      return connections;
    },
    stop: () => {
      child.disconnect();
    },
  };
}
