import { Buffer } from 'node:buffer';

import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

import { inProject } from './project.mjs';

const inWorkflows = (name) => inProject(`src/workflows/${name}.ts`);
const [WORKFLOWS, CONVERTER, FAILURE_CONVERTER] = ['index', 'payload-converter', 'failure-converter'].map(inWorkflows);
const INTERCEPTORS = ['failure-in-log', 'trace-in-headers', 'turns'].map(inWorkflows);

/** The code that Temporal's sandbox runs: the workflows with all that they import, in one file. */
export async function bundleWorkflows() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    payloadConverterPath: CONVERTER,
    failureConverterPath: FAILURE_CONVERTER,
    workflowInterceptorModules: INTERCEPTORS,
    preloadModules: [WORKFLOWS, CONVERTER, FAILURE_CONVERTER, ...INTERCEPTORS],
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: forNode,
  });
  return new Map([['workflow-bundle.js', withPlainMap(code)]]);
}

const MAP = /\/\/# sourceMappingURL=data:application\/json;charset=utf-8;base64,(\S+)\s*$/;

/** By the map, failures and Temporal's UI name our sources: as they lie in the project, wherever it was built, and without their texts. */
function withPlainMap(code) {
  const found = MAP.exec(code);
  if (found === null) throw new Error('the bundle of the workflows ends without a source map');
  const map = JSON.parse(Buffer.from(found[1], 'base64').toString());
  const sources = map.sources.map((path) => path.replace(inProject(''), ''));
  const plain = Buffer.from(JSON.stringify({ ...map, sources, sourcesContent: undefined })).toString('base64');
  return `${code.slice(0, found.index)}//# sourceMappingURL=data:application/json;charset=utf-8;base64,${plain}\n`;
}

/** As `src/compose/workflow-bundler`, which says why. */
function forNode(config) {
  for (const { use } of config.module.rules) if (use?.options?.jsc) use.options.jsc.target = 'es2022';
  return config;
}
