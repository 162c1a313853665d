import type { Context } from '@temporalio/activity';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { joinWorkers } from '../../src/compose/join-workers.js';
import { Resources } from '../../src/compose/resources.js';

describe('what other workers are told that a worker is at', () => {
  async function toldOf(info: object, args: unknown[] = []): Promise<number> {
    const logger = pino({ level: 'silent' });
    let [told, over] = [0, 0];
    const presence = {
      join: () => ({
        began: () => {
          told += 1;
          return () => {
            over += 1;
          };
        },
        leave: () => Promise.resolve(),
      }),
    };
    const joined = joinWorkers({ logger, resources: new Resources(logger) }, presence, {
      fail: () => Promise.resolve(),
    });
    const mayRepeat = (tool: string) => tool === 'search';
    const context = { info: { taskToken: new Uint8Array([1]), ...info } } as unknown as Context;
    const { inbound } = joined.interceptor(mayRepeat)(context);
    const result = await (inbound?.execute?.({ args, headers: {} }, () => Promise.resolve('done')) ?? 'done');
    expect(result).toBe('done');
    expect(over).toBe(told);
    return told;
  }

  it('is calls of models, and of tools that may be called twice; no other tool, and nothing within a workflow task', async () => {
    expect(await toldOf({ activityType: 'invokeModel' })).toBe(1);
    expect(await toldOf({ activityType: 'runTool' }, [{ tool: 'search' }])).toBe(1);
    expect(await toldOf({ activityType: 'runTool' }, [{ tool: 'pay' }])).toBe(0);
    expect(await toldOf({ activityType: 'runTool' }, [undefined])).toBe(0);
    expect(await toldOf({ activityType: 'recordToken', isLocal: true })).toBe(0);
  });
});
