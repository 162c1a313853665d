import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

import { inProject } from './project.mjs';

/** The code that Temporal's sandbox runs: the workflows with all that they import, in one file. */
export async function bundleWorkflows() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: inProject('src/workflows/index.ts'),
    payloadConverterPath: inProject('src/workflows/payload-converter.ts'),
    failureConverterPath: inProject('src/workflows/failure-converter.ts'),
    workflowInterceptorModules: ['failure-in-log', 'turns'].map((name) => inProject(`src/workflows/${name}.ts`)),
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: forNode,
  });
  return new Map([['workflow-bundle.js', code]]);
}

/** As `src/compose/workflow-bundler`, which says why. */
function forNode(config) {
  for (const { use } of config.module.rules) if (use?.options?.jsc) use.options.jsc.target = 'es2022';
  return config;
}
