import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, ReplayError, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const HISTORIES = fileURLToPath(new URL('histories/', import.meta.url));
const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

/** Lives that were recorded: `npm run record-history` makes them anew when a change of the workflows is meant. */
const lives = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

describe('recorded lives', () => {
  let workflowBundle: { code: string };

  beforeAll(async () => {
    workflowBundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: SILENT });
  });

  it.each(lives.filter((name) => !name.startsWith('broken-')))('%s replays', async (name) => {
    await expect(Worker.runReplayHistory({ workflowBundle }, historyOf(name))).resolves.toBeUndefined();
  });

  it.each(lives.filter((name) => name.startsWith('broken-')))('%s is found out', async (name) => {
    const replay = Worker.runReplayHistory({ workflowBundle }, historyOf(name));
    await expect(replay).rejects.toSatisfy(
      (error) => error instanceof DeterminismViolationError || error instanceof ReplayError,
    );
  });

  it('are there for each kind of Temporal workflow', () => {
    expect(lives.some((name) => name.startsWith('token-'))).toBe(true);
    expect(lives.some((name) => name.startsWith('execution-'))).toBe(true);
    expect(lives.some((name) => name.startsWith('broken-'))).toBe(true);
  });
});

function historyOf(name: string): unknown {
  return JSON.parse(readFileSync(`${HISTORIES}${name}`, 'utf8'));
}

const quiet = () => undefined;
const SILENT = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
