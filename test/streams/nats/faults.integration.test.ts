import { describe } from 'vitest';

import { openStreamLog } from '../../../src/streams/open-stream-log.js';
import { CuttingProxy } from '../../support/cutting-proxy.js';
import { canTestNats } from '../../support/nats.js';
import { NatsServer } from '../../support/nats-server.js';
import { streamFaultContract, type FaultyServer } from '../contract/faults.js';
import { refusalContract } from '../contract/refusal.js';

/** NATS breaks no connection when it is asked to: what stands in between does. */
async function faultyNats(): Promise<FaultyServer> {
  const server = await NatsServer.start();
  const proxy = await CuttingProxy.start(server.url);
  return {
    openLog: () => openStreamLog(`nats://127.0.0.1:${proxy.port}`),
    cut: () => {
      proxy.cutAll();
      return Promise.resolve();
    },
    kill: () => server.kill(),
    forget: () => server.forget(),
    startAgain: () => server.startAgain(),
    freeze: () => server.freeze(),
    thaw: () => {
      server.thaw();
    },
    stop: async () => {
      await server.stop();
      await proxy.stop();
    },
  };
}

describe.skipIf(!(await canTestNats()))('with a server', () => {
  streamFaultContract('NATS', faultyNats);
});

refusalContract('nats://user:secret@127.0.0.1:1/streams', 'NATS at 127.0.0.1:1 ');
