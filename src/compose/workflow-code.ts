import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, Runtime, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';

import { WORKFLOW_BUNDLER } from './workflow-bundler.js';

const BUNDLE = inProgram('../workflow-bundle.js');
const RECORD = inProgram('../made/workflows.json');

/** Read by `workflows/failure-converter`. On the first line, as is the other, so that all others keep their numbers. */
const ENCODING_FAILURES = 'globalThis.circuitBreakerEncodesFailures = true; ';
/** Read by `workflows/model-batches`. */
const HAVING_A_BUILD = 'globalThis.circuitBreakerHasBuild = true; ';

interface CodeOptions {
  /** Whether failures say what they say in a payload, so that it is encrypted. */
  readonly encodesFailures: boolean;
  /** Whether the worker says its build to Temporal, so that workflows may say which one they go on with. */
  readonly hasBuild: boolean;
}

/** A bundle as a worker takes it. */
export async function preparedCode(
  bundle: WorkflowBundleOption,
  { encodesFailures, hasBuild }: CodeOptions,
): Promise<WorkflowBundleOption> {
  const settings = `${encodesFailures ? ENCODING_FAILURES : ''}${hasBuild ? HAVING_A_BUILD : ''}`;
  return settings === '' ? bundle : { code: `${settings}${await textOf(bundle)}` };
}

/** The same for the same workflows: SHA-256, in hexadecimal digits. */
export async function workflowsHash(bundle: WorkflowBundleOption): Promise<string> {
  return createHash('sha256')
    .update(await textOf(bundle))
    .digest('hex');
}

async function textOf(bundle: WorkflowBundleOption): Promise<string> {
  return 'code' in bundle ? bundle.code : await readFile(bundle.codePath, 'utf8');
}

/**
 * The workflows, as the build bundled them. Where the worker runs from sources, or with another SDK than the build had, the bundle is made now:
 * that takes seconds of every start.
 */
export async function workflowBundle(logger: Logger): Promise<WorkflowBundleOption> {
  if (import.meta.url.endsWith('.ts')) return await bundled('../workflows/index.ts');
  const [built, installed] = [bundledWith(), installedSdk()];
  if (built === installed) return { codePath: BUNDLE };
  logger.warn(
    { built, installed },
    'the workflow bundle was made with another Temporal SDK: bundling the workflows anew',
  );
  return await bundled('../workflows/index.js');
}

async function bundled(entry: string): Promise<WorkflowBundleOption> {
  const { logger } = Runtime.instance();
  return await bundleWorkflowCode({ workflowsPath: inProgram(entry), logger, ...WORKFLOW_BUNDLER });
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
