import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { readDefinitionFolder } from '../../src/folder/definition-folder.js';
import { problemLine } from '../../src/folder/folder-problem.js';
import { SchemaThreads } from '../../src/schemas/schema-threads.js';
import { BROKEN_FOLDERS, WHOLE_FOLDER } from '../support/broken-folders.js';
import { DefinitionFolders } from '../support/definition-folders.js';

const schemas = new SchemaThreads();
const folders = new DefinitionFolders();
const read = (folder: string) =>
  readDefinitionFolder(folder, { schemas, environment: { PATH: process.env['PATH'] }, moduleLimitMs: 3000 });

afterEach(() => folders.removeAll());
afterAll(() => schemas.close());

describe('a folder of definitions', () => {
  it('is read into what the API takes: ids, agents by their ids, and no short forms', async () => {
    const { agents, workflows, problems } = await read(await folders.make(WHOLE_FOLDER));
    expect(problems).toEqual([]);
    expect(agents).toMatchObject([{ file: 'agents/reviewer.yaml', id: 'reviewer', input: { name: 'Reviewer' } }]);
    expect(workflows).toMatchObject([{ file: 'workflows/review.yaml', id: 'review' }]);
    const [workflow] = workflows;
    expect(workflow?.input['transitions']).toEqual([
      {
        id: 'finish',
        fromPlaces: ['draft'],
        toPlace: 'done',
        rules: [{ type: 'Expression', expression: 'data.score > 7.0' }],
        agentExecution: { agentId: 'reviewer', timeoutSeconds: 300 },
      },
    ]);
  });

  it.each(BROKEN_FOLDERS)('has one problem, at the right line: $what', async ({ files, prepare, problem }) => {
    const folder = await folders.make({ ...WHOLE_FOLDER, ...files });
    await prepare?.(folder);
    const { problems } = await read(folder);
    const [place, code, words] = problem;
    expect(problems.map(problemLine)).toEqual([expect.stringContaining(`${place} ${code} `) as string]);
    expect(problems[0]?.message).toContain(words);
  });
});
