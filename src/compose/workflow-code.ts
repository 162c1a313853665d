import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import type { WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';

import { WORKFLOW_BUNDLER } from './workflow-bundler.js';

const BUNDLE = inProgram('../workflow-bundle.js');
const RECORD = inProgram('../made/workflows.json');

/**
 * The workflows as a worker takes them: the bundle that the build made, or else the entry, which the worker then bundles
 * itself, for seconds of every start. It does so where it runs from sources, or with another SDK than the build had.
 */
export function workflowCode(
  logger: Logger,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'bundlerOptions'> {
  if (import.meta.url.endsWith('.ts'))
    return { workflowsPath: inProgram('../workflows/index.ts'), bundlerOptions: WORKFLOW_BUNDLER };
  const [built, installed] = [bundledWith(), installedSdk()];
  if (built === installed) return { workflowBundle: { codePath: BUNDLE } };
  logger.warn(
    { built, installed },
    'the workflow bundle was made with another Temporal SDK: bundling the workflows anew',
  );
  return { workflowsPath: inProgram('../workflows/index.js') };
}

/** The version of the SDK that is in the bundle. */
function bundledWith(): string | undefined {
  try {
    const { versions } = JSON.parse(readFileSync(RECORD, 'utf8')) as { versions: Readonly<Record<string, string>> };
    return versions['@temporalio/workflow'];
  } catch {
    return undefined;
  }
}

function installedSdk(): string {
  const manifest = createRequire(import.meta.url).resolve('@temporalio/workflow/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

function inProgram(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
