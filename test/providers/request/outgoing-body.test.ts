import { describe, expect, it } from 'vitest';
import { leaveOut, OutgoingBody } from '../../../src/providers/request/outgoing-body.js';
import { aProvider } from '../../support/model-request.js';

describe('leaveOut', () => {
  it.each([
    [['a'], { b: { c: 1, d: 2 } }],
    [['b.c'], { a: 0, b: { d: 2 } }],
    [['b.c', 'b.d'], { a: 0 }],
    [['x', 'a.y', 'b.x'], { a: 0, b: { c: 1, d: 2 } }],
    [['__proto__', 'constructor'], { a: 0, b: { c: 1, d: 2 } }],
  ])('takes %j out, and objects that are empty then', (paths, left) => {
    expect(leaveOut({ a: 0, b: { c: 1, d: 2 } }, paths)).toEqual(left);
  });
});

describe('the body of a request', () => {
  it('goes out without what the agent omits, and is remembered as it went out', async () => {
    const body = new OutgoingBody(aProvider({ options: { omit: ['stream_options'] } }));
    const bodies: unknown[] = [];
    const send = body.over((_, init) => {
      bodies.push(init?.body);
      return Promise.resolve(new Response(''));
    });
    expect(body.sent).toEqual({});
    await send('http://127.0.0.1:9', { body: '{"model":"m","stream_options":{}}' });
    expect(bodies).toEqual(['{"model":"m"}']);
    expect(body.sent).toEqual({ model: 'm' });
  });
});
