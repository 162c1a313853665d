import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { DeterminismViolationError } from '@temporalio/workflow';
import { DefaultLogger, ReplayError, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

import { bundledWorkflows } from '../support/bundled-workflows.js';

const HISTORIES = fileURLToPath(new URL('histories/', import.meta.url));

/** Lives that were recorded: `npm run record-history` makes them anew when a change of the workflows is meant. */
const lives = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

/** What a compiler puts in the place of a private field where the target has none. */
const STAND_IN = /_class_private_field/;

describe('recorded lives', { tags: 'failure-cause' }, () => {
  let workflowBundle: { code: string };
  /** What each of them failed of, if it did. */
  const failures = new Map<string, unknown>();

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    workflowBundle = await bundledWorkflows();
    // One worker replays them all, one after the other: to make one takes longer than to replay a life.
    for await (const { error } of Worker.runReplayHistories({ workflowBundle }, lives.map(recorded))) {
      failures.set(lives[failures.size] ?? '', error);
    }
  });

  it.each(lives.filter((name) => !name.startsWith('broken-')))('%s replays', (name) => {
    expect([failures.has(name), failures.get(name)]).toEqual([true, undefined]);
  });

  it.each(lives.filter((name) => name.startsWith('broken-')))('%s is found out', (name) => {
    expect(failures.get(name)).toSatisfy(
      (error) => error instanceof DeterminismViolationError || error instanceof ReplayError,
    );
  });

  it('run on code that is compiled for Node, not for older engines', () => {
    expect(workflowBundle.code).not.toMatch(STAND_IN);
  });

  it('are there for each kind of Temporal workflow', () => {
    expect(lives.some((name) => name.startsWith('token-'))).toBe(true);
    expect(lives.some((name) => name.startsWith('execution-'))).toBe(true);
    // Temporal takes both of these to another build without being asked.
    expect(lives).toEqual(expect.arrayContaining(['batch-collector.json', 'batch-whole.json']));
    expect(lives.some((name) => name.startsWith('broken-'))).toBe(true);
  });
});

interface History {
  readonly events: readonly [{ readonly workflowExecutionStartedEventAttributes: { readonly workflowId: string } }];
}

/** Under its own id, of which those of its children are made. */
function recorded(name: string): { readonly workflowId: string; readonly history: History } {
  const history = JSON.parse(readFileSync(`${HISTORIES}${name}`, 'utf8')) as History;
  return { workflowId: history.events[0].workflowExecutionStartedEventAttributes.workflowId, history };
}
