import { describe, expect, it } from 'vitest';

import { loggerOf } from '../../src/activities/logger-of-call.js';
import { MemoryLogger } from '../support/memory-logger.js';

const CALL = { tool: 'pay', executionId: 'e', turn: 2 };

describe('what a tool logs', () => {
  it('says whose it is, which no fact of the tool can change', () => {
    const log = new MemoryLogger();
    loggerOf(log, CALL).warn({ amount: 5, tool: 'other' }, 'paid late');
    expect(log.lines).toEqual([{ level: 'warn', facts: { amount: 5, ...CALL }, message: 'paid late' }]);
  });

  it('may be a message alone, or an error', () => {
    const log = new MemoryLogger();
    const logger = loggerOf(log, CALL);
    const err = new Error('no such host');
    // As a module in JavaScript may do.
    Reflect.apply(Reflect.get(logger, 'info') as () => void, logger, ['paid']);
    logger.error(err, 'not paid');
    expect(log.lines).toEqual([
      { level: 'info', facts: CALL, message: 'paid' },
      { level: 'error', facts: { err, ...CALL }, message: 'not paid' },
    ]);
  });
});
