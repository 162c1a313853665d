import { tsImport } from 'tsx/esm/api';

import { inProject } from './project.mjs';

/** JSON Schemas of the files of a folder of definitions, for editors. */
export async function makeFileSchemas() {
  const { fileSchemas } = await tsImport(inProject('src/core/validation/file-schemas.ts'), import.meta.url);
  return new Map(
    Object.entries(fileSchemas()).map(([kind, schema]) => [
      `definitions/${kind}.schema.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  );
}
