import { fileURLToPath } from 'node:url';

import type { BundleOptions } from '@temporalio/worker';

const CONVERTER = inWorkflows('payload-converter');
const FAILURE_CONVERTER = inWorkflows('failure-converter');
const INTERCEPTORS = ['failure-in-log', 'trace-in-headers', 'turns'].map(inWorkflows);
const WORKFLOWS = inWorkflows('index');

/**
 * How the workflows are bundled where that is not done by the build, whose `scripts/build/bundle-workflows` does the same: with our converters of payloads and
 * failures, with the code of a failure in the log, with traces passed on, with what arrives taken in turn, with all modules made once for all runs of a
 * worker, and for Node. The SDK's own target is ES2017, which knows neither private fields nor spread objects: what stands in for them there makes rules
 * take ten times as long.
 */
export const WORKFLOW_BUNDLER: Pick<
  BundleOptions,
  | 'payloadConverterPath'
  | 'failureConverterPath'
  | 'workflowInterceptorModules'
  | 'preloadModules'
  | 'webpackConfigHook'
> = {
  payloadConverterPath: CONVERTER,
  failureConverterPath: FAILURE_CONVERTER,
  workflowInterceptorModules: INTERCEPTORS,
  preloadModules: [WORKFLOWS, CONVERTER, FAILURE_CONVERTER, ...INTERCEPTORS],
  webpackConfigHook: (config) => {
    for (const rule of config.module?.rules ?? []) {
      if (typeof rule === 'object' && rule !== null && isCompiler(rule.use)) rule.use.options.jsc.target = 'es2022';
    }
    return config;
  },
};

function inWorkflows(name: string): string {
  return fileURLToPath(import.meta.url.replace(/compose\/workflow-bundler\.(ts|js)$/, `workflows/${name}.$1`));
}

interface Compiler {
  readonly options: { readonly jsc: { target: string } };
}

function isCompiler(loader: unknown): loader is Compiler {
  if (typeof loader !== 'object' || loader === null || !('options' in loader)) return false;
  return typeof loader.options === 'object' && loader.options !== null && 'jsc' in loader.options;
}
