import { Writable } from 'node:stream';

import { ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import { expect, it } from 'vitest';

import { temporalRuntime } from '../../src/compose/temporal-logger.js';
import { TASK_GIVEN_AGAIN, TASK_GIVEN_AGAIN_TYPE } from '../../src/contract/failures.js';
import { secretMask } from '../../src/core/secrets.js';

function loggedBy(say: (logger: ReturnType<typeof temporalRuntime>['logger']) => void): unknown[] {
  const lines: string[] = [];
  const into = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const hooks = { streamWrite: secretMask(['sk-secret-key']) };
  say(temporalRuntime(pino({ level: 'info', hooks }, into)).logger);
  return lines.map((line) => JSON.parse(line) as unknown);
}

it.each([
  ['of the catalogue', ApplicationFailure.nonRetryable('The key is refused.', 'auth'), 'auth', 'The key is refused.'],
  ['of nobody', new TypeError('x is no function'), 'server', 'x is no function'],
  ['with a secret', new Error('refused: sk-secret-key'), 'server', 'refused: [secret]'],
])('says of a failure %s its code and its words, once', (_what, error, code, message) => {
  const [line] = loggedBy((logger) => {
    logger?.log('WARN', 'Activity failed', { error, durationMs: 3 });
  });
  expect(line).toMatchObject({ level: 40, msg: 'Activity failed', code, message, durationMs: 3 });
  expect(JSON.stringify(line).split(message)).toHaveLength(2);
});

it('has no worker stop for a signal that does not end its process', () => {
  expect(temporalRuntime(pino({ level: 'silent' })).shutdownSignals).toEqual(['SIGINT', 'SIGTERM']);
});

it('takes the code that the line of a workflow brings: its error has lost it on the way', () => {
  const [line] = loggedBy((logger) => {
    logger?.log('WARN', 'Workflow failed', { error: new Error('No such'), code: 'NOT_FOUND' });
  });
  expect(line).toMatchObject({ code: 'NOT_FOUND', message: 'No such' });
});

it('shows nothing of a task that could not be begun: it has the documents that it was about', () => {
  const lines = loggedBy((logger) => {
    const facts = { error: new Error('No'), task: '{"start":{"input":["planted"]}}', taskEncoded: 'cGxhbnRlZA==' };
    logger?.log('ERROR', 'Error while processing ActivityTask.start: No', facts);
  });
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toMatch(/planted|cGxhbnRlZA/);
});

it('tells ever fewer failures of what is tried again and again', () => {
  const lines = loggedBy((logger) => {
    for (let attempt = 1; attempt <= 150; attempt += 1) logger?.log('WARN', 'Activity failed', { attempt });
  });
  expect(lines.map((line) => (line as { attempt: number }).attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128]);
});

it('takes what the native part of the SDK says into our log, information as detail', () => {
  const lines: string[] = [];
  const into = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const { logger, telemetryOptions } = temporalRuntime(pino({ level: 'info' }, into));
  expect(telemetryOptions?.logging).toHaveProperty('forward');
  logger?.log('WARN', 'a task failed', { sdkComponent: 'core' });
  logger?.log('INFO', 'a worker changed', { sdkComponent: 'worker' });
  // A quick try that storage answered after its time goes on as a normal activity.
  logger?.log('WARN', 'Tried to complete untracked local activity', { sdkComponent: 'core' });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 40, sdkComponent: 'core', msg: 'a task failed' },
  ]);
});

it('says in one line of detail why a workflow has given a task up, and that it goes on', () => {
  const lines = loggedBy((logger) => {
    // As it is where failures are encrypted.
    const info = `Some(ApplicationFailureInfo(ApplicationFailureInfo { r#type: "${TASK_GIVEN_AGAIN_TYPE}", … }))`;
    const failure = `Failure { failure: Some(Failure { message: "Encoded failure", …, failure_info: ${info} }) }`;
    logger?.log('WARN', 'Failing workflow task', { sdkComponent: 'core', run_id: 'r', failure });
    logger?.log('ERROR', 'Trying to send a new WFT for a run which already has one!', { sdkComponent: 'core' });
  });
  expect(lines).toMatchObject([{ level: 30, msg: TASK_GIVEN_AGAIN, runId: 'r' }]);
  expect(lines[0]).not.toHaveProperty('failure');
});
