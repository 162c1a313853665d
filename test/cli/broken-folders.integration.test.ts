import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiClient } from '../../src/cli/api-client.js';
import { LiveDefinitions } from '../../src/cli/dev/live-definitions.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { BROKEN_FOLDERS, WHOLE_FOLDER } from '../support/broken-folders.js';
import { DefinitionFolders } from '../support/definition-folders.js';
import { runCommand } from '../support/run-command.js';

const folders = new DefinitionFolders();
let api: ApiUnderTest;
let url = '';

beforeAll(async () => {
  api = await apiUnderTest();
  url = await api.listen();
});
afterAll(async () => {
  await api.stop();
  await folders.removeAll();
});

/** What `dev` says of a folder, whose applying runs in this process. */
async function develop(folder: string): Promise<string> {
  let said = '';
  const say = (line: string) => void (said += `${line}\n`);
  await new LiveDefinitions(folder, { api: new ApiClient(url), say }).take(() => true);
  return said;
}

describe('a folder that is broken', () => {
  it.each(BROKEN_FOLDERS)(
    'is one message with the right line in validate, dev and apply: $what',
    async ({ files, prepare, problem: [place, code, words] }) => {
      const environment = `environments:\n  default: { url: '${url}' }\n`;
      const folder = await folders.make({ 'circuit-breaker.yaml': environment, ...WHOLE_FOLDER, ...files });
      await prepare?.(folder);
      const [validated, applied, said] = await Promise.all([
        runCommand(['validate', folder]),
        runCommand(['apply', folder]),
        develop(folder),
      ]);
      const line = applied.stderr;
      expect(line).toMatch(/^[^\n]+\n$/);
      expect(line.startsWith(`${place} ${code} `), line).toBe(true);
      expect(line).toContain(words);
      expect(applied).toEqual({ code: 2, stdout: '', stderr: line });
      expect(validated.stdout).toMatch(/\n1 problem in 1 file of \d\.\n$/);
      expect(validated).toEqual({
        code: 1,
        stdout: `${line}${validated.stdout.split('\n').at(-2) ?? ''}\n`,
        stderr: '',
      });
      expect(said).toBe(`${line}Mend it, and save: then it is applied.\n`);
      expect(await api.storage.agents.list({ first: 1 })).toEqual([]);
    },
  );
});
