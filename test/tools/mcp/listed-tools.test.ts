import { describe, expect, it } from 'vitest';

import type { JsonObject, JsonValue } from '../../../src/core/json/json.js';
import { listedTools } from '../../../src/tools/mcp/listed-tools.js';
import { schemasInThisThread } from '../../support/schemas.js';

const list = (...entries: readonly JsonValue[]) =>
  listedTools('files', entries, (schema) => schemasInThisThread.problemsOf(schema));
const tool = (more: JsonObject = {}): JsonObject => ({ name: 'read', inputSchema: { type: 'object' }, ...more });

describe('the tools that an MCP server lists', () => {
  it('are offered by the name of their server, with what it says about them', async () => {
    const inputSchema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: {} };
    const { tools, leftOut } = await list(
      tool({ description: 'Reads.', inputSchema, outputSchema: { type: 'object' } }),
    );
    expect(leftOut).toBeUndefined();
    expect(tools).toEqual([
      {
        name: 'read',
        offer: {
          ...{ name: 'mcp/files/read', description: 'Reads.', parameters: { type: 'object', properties: {} } },
          ...{ idempotent: false, needsApproval: false, timeoutSeconds: 30 },
        },
      },
    ]);
  });

  it.each([
    [{}, false],
    [{ readOnlyHint: true }, true],
    [{ idempotentHint: true }, true],
    [{ readOnlyHint: 'yes' }, false],
  ])('are run again after a lost worker where their hints say so: %j', async (annotations, idempotent) => {
    const { tools } = await list(tool({ annotations }));
    expect(tools[0]?.offer.idempotent).toBe(idempotent);
  });

  it('always have a description, of bounded length', async () => {
    const { tools } = await list(
      tool(),
      tool({ name: 'b', title: 'B' }),
      tool({ name: 'c', description: 'x'.repeat(9000) }),
    );
    expect(tools.map(({ offer }) => offer.description.length)).toEqual([4, 1, 4000]);
  });

  const cycle = { type: 'object', properties: { a: { $ref: '#/properties/a' } }, required: ['a'] };
  it.each<[string, JsonValue, RegExp]>([
    ['one without a name', { inputSchema: { type: 'object' } }, /one without a name/],
    ['one that is nothing', 7, /one without a name/],
    ['a name with spaces', tool({ name: 'read it' }), /read it \(a name may have/],
    ['a name of 300 characters', tool({ name: 'x'.repeat(300) }), /at most 128/],
    ['no schema', { name: 'read' }, /its input is no object/],
    ['a schema of something else', tool({ inputSchema: { type: 'array' } }), /its input is no object/],
    [
      'a schema that is none',
      tool({ inputSchema: { type: 'object', properties: { a: { type: 'txt' } } } }),
      /input schema/,
    ],
    [
      'a schema that refers to a URL',
      tool({ inputSchema: { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } } }),
      /can't resolve reference/,
    ],
    [
      'a schema of a megabyte',
      tool({ inputSchema: { type: 'object', title: 'x'.repeat(1_000_000) } }),
      /more than 65536/,
    ],
    ['a schema without end', tool({ inputSchema: cycle }), /refers to itself without end/],
    ['one that is only a task', tool({ execution: { taskSupport: 'required' } }), /only be called as a task/],
  ])('are left out, with the reason: %s', async (_what, entry, reason) => {
    const { tools, leftOut } = await list(entry, tool({ name: 'other' }));
    expect(tools.map(({ name }) => name)).toEqual(['other']);
    expect(leftOut).toMatch(reason);
  });

  it('are each there once', async () => {
    const { tools, leftOut } = await list(tool(), tool({ description: 'Again.' }));
    expect(tools).toHaveLength(1);
    expect(leftOut).toContain('read (there are two of that name)');
  });

  it('are at most 500, and a megabyte, of which few are named', async () => {
    const many = await list(...Array.from({ length: 510 }, (_, index) => tool({ name: `t${index}` })));
    expect(many.tools).toHaveLength(500);
    expect(many.leftOut).toMatch(/^Tools that are left out: t500 \(.+\), .+, 5 more\.$/);
    const inputSchema = { type: 'object', title: 'x'.repeat(60_000) };
    const large = await list(...Array.from({ length: 20 }, (_, index) => tool({ name: `t${index}`, inputSchema })));
    expect(large.tools).toHaveLength(17);
  });
});
