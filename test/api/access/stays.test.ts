import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Caller } from '../../../src/core/access/caller.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { eventually } from '../../support/eventually.js';
import { connectGraphql } from '../../support/graphql-socket.js';

const CALLER: Caller = { by: 'token', name: 'ci', role: 'read' };
const INIT = { type: 'connection_init', payload: { Authorization: 'Bearer right' } };

let api: ApiUnderTest;
let address = '';
/** Lets in those who have knocked. */
let open: () => void = () => undefined;
let knocked = 0;

beforeEach(async () => {
  knocked = 0;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const find = async () => {
    knocked += 1;
    await opened;
    return CALLER;
  };
  api = await apiUnderTest({ checks: [{ find, holds: () => true }] });
  address = await api.listen();
});
afterEach(async () => {
  await api.stop();
});

it('whose socket has closed by the time that they are let in does not stay', async () => {
  const [stays, leaves] = [await connectGraphql(address), await connectGraphql(address)];
  for (const socket of [stays, leaves]) socket.send(INIT);
  await eventually(() => {
    expect(knocked).toBe(2);
  });
  leaves.end();
  await eventually(() => {
    expect(api.openStreams.count).toBe(1);
  });
  open();
  await stays.saw('connection_ack');
  expect(api.stays.count).toBe(1);
  stays.end();
  await eventually(() => {
    expect(api.stays.count).toBe(0);
  });
});
