/** The handbook of the shop as an MCP server over stdio: what is in `handbook/`, a page per file. */
import { readFileSync, readdirSync } from 'node:fs';

import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const FOLDER = new URL('handbook/', import.meta.url);
const PAGES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.slice(0, -'.md'.length));

serveStdio(() => {
  const server = new McpServer({ name: 'handbook', version: '1.0.0' });
  server.registerTool(
    'list_pages',
    { description: 'Lists the pages of the handbook by name.', annotations: { readOnlyHint: true } },
    () => ({ content: [{ type: 'text', text: PAGES.join('\n') }] }),
  );
  server.registerTool(
    'read_page',
    {
      description: `Reads one page of the handbook: ${PAGES.join(', ')}.`,
      inputSchema: z.object({ name: z.enum(PAGES) }),
      annotations: { readOnlyHint: true },
    },
    ({ name }) => ({ content: [{ type: 'text', text: readFileSync(new URL(`${name}.md`, FOLDER), 'utf8') }] }),
  );
  return server;
});
