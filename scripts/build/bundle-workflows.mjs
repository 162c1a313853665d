import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

import { inProject } from './project.mjs';

/** The code that Temporal's sandbox runs: the workflows with all that they import, in one file. */
export async function bundleWorkflows() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: inProject('src/workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  return new Map([['workflow-bundle.js', code]]);
}
