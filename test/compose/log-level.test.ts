import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { LogLevelSwitch, type LogLevel } from '../../src/compose/log-level.js';

let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
});

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function switchAt(level: LogLevel) {
  const logger = pino({ level }, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const logLevel = new LogLevelSwitch(logger, level);
  ends.push(logLevel.listen());
  return { logger, logLevel };
}

const messages = () => lines.map(({ msg }) => msg);
const changes = () => lines.flatMap(({ before, level, by }) => (by === undefined ? [] : [[before, level, by]]));

it.each(['silent', 'error', 'info'] as const)('SIGUSR2 has a process log details, and again as before: %s', (usual) => {
  const { logger } = switchAt(usual);
  const early = logger.child({ from: 'early' });
  process.emit('SIGUSR2');
  early.debug('a detail of one that was there before');
  logger.debug('a detail');
  process.emit('SIGUSR2');
  early.debug('no more');
  logger.debug('no more');
  expect(messages()).toEqual([
    'the level of this log was changed',
    'a detail of one that was there before',
    'a detail',
    'the level of this log was changed',
  ]);
  expect(changes()).toEqual([
    [usual, 'debug', 'SIGUSR2'],
    ['debug', usual, 'SIGUSR2'],
  ]);
});

it('one that was started with details has fewer at the first SIGUSR2, and then more', () => {
  const { logLevel } = switchAt('trace');
  process.emit('SIGUSR2');
  expect(logLevel.level).toBe('info');
  process.emit('SIGUSR2');
  expect(logLevel.level).toBe('debug');
});

it('says who changed the level also where the new one would hide it', () => {
  const { logger, logLevel } = switchAt('warn');
  expect(logLevel.set('silent', 'ops')).toBe('warn');
  logger.fatal('unheard');
  expect(changes()).toEqual([['warn', 'silent', 'ops']]);
  expect(messages()).toEqual(['the level of this log was changed']);
});
