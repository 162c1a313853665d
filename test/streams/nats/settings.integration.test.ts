import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';

import { openStreamLog } from '../../../src/streams/open-stream-log.js';
import { streamNeeds } from '../../../src/streams/nats/nats-stream.js';
import { canTestNats } from '../../support/nats.js';
import { NatsServer } from '../../support/nats-server.js';
import { aClaim, anExecution } from '../contract/stream-backend.js';

describe.skipIf(!(await canTestNats()))('a stream log on NATS is refused', () => {
  let server: NatsServer | undefined;

  afterEach(() => server?.stop());

  it('where the server takes no messages as long as an answer may be', async () => {
    server = await NatsServer.start('max_payload: 1048575');
    const opening = openStreamLog(server.url);
    await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(opening).rejects.toThrow('its max_payload is 1048575: it has to be 1048576 or more');
  });

  it('where the stream takes none', async () => {
    server = await NatsServer.start();
    const admin = await connect({ servers: new URL(server.url).host });
    await (await jetstreamManager(admin)).streams.add({ ...streamNeeds('circuit-breaker'), max_msg_size: 1000 });
    await admin.close();
    await expect(openStreamLog(server.url)).rejects.toThrow('max_msg_size has to be -1, or 1048576 or more');
  });
});

describe.skipIf(!(await canTestNats()))('a stream log on NATS', () => {
  it('is opened where the server takes longer messages than it has to', async () => {
    const server = await NatsServer.start('max_payload: 8388608');
    const log = await openStreamLog(server.url);
    expect((await log.open(anExecution(), aClaim())).attempt).toBe(1);
    await log.shutdown();
    await server.stop();
  });
});
