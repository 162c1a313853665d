import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

import { WORKFLOW_BUNDLER } from '../../src/compose/workflow-bundler.js';

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

let bundle: Promise<{ code: string }> | undefined;

/** The workflows of the sources as a worker takes them: made once in a process, which takes seconds. */
export function bundledWorkflows(): Promise<{ code: string }> {
  const logger = new DefaultLogger('ERROR');
  bundle ??= bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger, ...WORKFLOW_BUNDLER });
  return bundle;
}
