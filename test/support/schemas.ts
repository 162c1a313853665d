import { doSchemaJob } from '../../src/schemas/do-schema-job.js';
import type { SchemaChecker } from '../../src/schemas/schema-checker.js';

/** Judges as the threads do, in the thread of the test: for tests whose schemas are harmless. */
export const schemasInThisThread: SchemaChecker = {
  problemsOf: (schema) => {
    const word = doSchemaJob({ type: 'check', schema: JSON.stringify(schema) });
    return Promise.resolve(word.type === 'checked' ? word.problems : []);
  },
  readAnswer: (text, { schema, outputs }) => {
    const word = doSchemaJob({ type: 'read', schema: JSON.stringify(schema), text, outputs });
    if (word.type !== 'read') throw new Error(`the answer was not read: ${word.type}`);
    return Promise.resolve(word.answer);
  },
  misfitsOf: (value, schema) => {
    const word = doSchemaJob({ type: 'fit', schema: JSON.stringify(schema), value });
    return Promise.resolve(word.type === 'fitted' ? word.misfits : []);
  },
};
