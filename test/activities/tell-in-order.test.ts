import { describe, expect, it } from 'vitest';

import { tellInOrder } from '../../src/activities/tell-in-order.js';
import type { StreamEventBody } from '../../src/core/streams/stream-event.js';

const called = (content: string): StreamEventBody => ({ eventType: 'thinking', status: 'calling_tool', content });

describe('what tools do', () => {
  it('is told in the order of the calls within an execution, and no execution waits for another', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const told: StreamEventBody[] = [];
    const tell = tellInOrder(async (_place, events) => {
      if (events.some((event) => event.eventType === 'thinking' && event.content === 'first')) await held;
      told.push(...events);
    });
    const place = (executionId: string) => ({ executionId, turn: 1, index: 0 });
    const both = ['first', 'second'].map((content) => tell(place('one'), [called(content)]));
    await tell(place('other'), [called('elsewhere')]);
    release();
    await Promise.all(both);
    expect(told).toEqual(['elsewhere', 'first', 'second'].map(called));
  });
});
