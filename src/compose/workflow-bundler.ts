import type { BundleOptions } from '@temporalio/worker';

/**
 * How a worker bundles the workflows where it does so from sources, as `scripts/build/bundle-workflows` does for `dist`.
 * The SDK's own target is ES2017, which knows neither private fields nor spread objects: what stands in for them there makes
 * rules take ten times as long.
 */
export const WORKFLOW_BUNDLER: Pick<BundleOptions, 'webpackConfigHook'> = {
  webpackConfigHook: (config) => {
    for (const rule of config.module?.rules ?? []) {
      if (typeof rule === 'object' && rule !== null && isCompiler(rule.use)) rule.use.options.jsc.target = 'es2022';
    }
    return config;
  },
};

interface Compiler {
  readonly options: { readonly jsc: { target: string } };
}

function isCompiler(loader: unknown): loader is Compiler {
  if (typeof loader !== 'object' || loader === null || !('options' in loader)) return false;
  return typeof loader.options === 'object' && loader.options !== null && 'jsc' in loader.options;
}
