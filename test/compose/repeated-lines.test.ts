import { ErrorReply } from '@redis/client';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { sqlError } from '../../src/backends/postgres/sql-error.js';
import { redisError } from '../../src/backends/redis/redis-commands.js';
import { onceAMinute } from '../../src/compose/logger.js';
import { kindOfAway, RepeatedLines } from '../../src/compose/repeated-lines.js';
import { CircuitBreakerError } from '../../src/core/errors.js';

const away = (reason: string) =>
  sqlError(Object.assign(new Error(reason), { code: reason }), 'PostgreSQL at db:5432/app');

function logged(level: 'info' | 'debug', say: (logger: pino.Logger, clock: { now: number }) => void): string[] {
  const lines: string[] = [];
  const clock = { now: 0 };
  const hooks = { logMethod: onceAMinute(new RepeatedLines(() => clock.now)) };
  const into = { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) };
  say(pino({ level, hooks }, into), clock);
  return lines;
}

describe('lines that say that a server is away', () => {
  it('are one a minute, whoever writes them and however it was found, with how many were left out', () => {
    const lines = logged('info', (logger, clock) => {
      for (let second = 0; second < 100; second += 1) {
        clock.now = second * 1000;
        logger.warn({ err: away(second === 0 ? '57P01' : 'ECONNREFUSED') }, `${second}: not noted`);
        logger.child({ variable: 'X' }).warn({ code: 'UNAVAILABLE', message: wordsOfAway() }, 'Activity failed');
      }
    });
    expect(lines).toEqual(['0: not noted', '60: not noted (and 119 lines more since)']);
  });

  it('are one for each server and each way in which it cannot be used', () => {
    const full = [new ErrorReply('OOM command not allowed'), new ErrorReply('MISCONF cannot save')];
    const ofRedis = [new Error('no'), ...full].map((error) => redisError(error, 'redis://cache'));
    const errors = [away('ECONNREFUSED'), away('53100'), away('25006'), ...ofRedis];
    const lines = logged('info', (logger) => {
      for (const err of [...errors, ...errors]) logger.error({ err }, 'no');
    });
    expect(lines).toHaveLength(errors.length);
  });

  it('are written where they say why a process ends', () => {
    const lines = logged('info', (logger) => {
      const err = away('ECONNREFUSED');
      logger.warn({ err }, 'not noted');
      logger.fatal({ err }, 'this process ends');
    });
    expect(lines).toEqual(['not noted', 'this process ends']);
  });

  it('are all there at the level debug', () => {
    const lines = logged('debug', (logger) => {
      for (const nth of ['first', 'second']) logger.warn({ err: away('08006') }, nth);
    });
    expect(lines).toEqual(['first', 'second']);
  });

  it.each([
    ['a defect', { err: new Error('a defect') }],
    ['another code', { err: new CircuitBreakerError('STORAGE_REFUSED', 'no') }],
    ['no error', { executionId: 'e' }],
    ['nothing', undefined],
  ])('are not those that have %s: each of these is written', (_what, facts) => {
    expect(kindOfAway(facts)).toBeUndefined();
    const lines = logged('info', (logger) => {
      for (const nth of ['first', 'second']) logger.warn(facts, nth);
    });
    expect(lines).toEqual(['first', 'second']);
  });
});

function wordsOfAway(): string {
  const error = away('ECONNREFUSED');
  return error instanceof Error ? error.message : '';
}
