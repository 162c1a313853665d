import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';

import { offerTools } from '../../src/compose/offer-tools.js';
import { Resources } from '../../src/compose/resources.js';
import type { WorkerTools } from '../../src/compose/worker-tools.js';
import { sharedToolServers, SILENT_WORKER_MS } from '../../src/core/agents/tool-server.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import type { Tool } from '../../src/tools/tool.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';

const silent = pino({ level: 'silent' });
let storage: Storage;

beforeEach(async () => {
  ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
});

function aTool(name: string): Tool {
  return {
    ...{ name, description: name, parameters: { type: 'object' }, idempotent: true, needsApproval: false },
    timeoutSeconds: 30,
    read: (value) => Promise.resolve({ value }),
    run: () => Promise.resolve('run'),
  };
}

/** A worker with an MCP server that is called shop and has these tools. */
async function worker(...given: readonly string[]) {
  return await workerOf(aTool, given);
}

async function workerOf(toolOf: typeof aTool, given: readonly string[], logger = silent) {
  let names = given;
  let changed: () => void = () => undefined;
  const tools: WorkerTools = {
    get: (name) => (names.includes(name) ? toolOf(name) : undefined),
    values: () => names.map(toolOf),
    get servers() {
      const own = names.map((name) => ({ name, description: name }));
      return [{ name: 'shop', transport: 'stdio' as const, works: true, tools: own }];
    },
    begin: (onChange) => {
      changed = onChange;
    },
  };
  const resources = new Resources(logger);
  await offerTools({ resources, logger }, tools, storage);
  return {
    hasNow: (...now: readonly string[]) => {
      names = now;
      changed();
    },
    end: () => resources.close(),
  };
}

const offered = async () => (await storage.tools.offers()).map(({ name }) => name);

describe('a tool of an MCP server', () => {
  it('is withdrawn when no worker that runs has it any more', async () => {
    const older = await worker('mcp/shop/buy', 'mcp/shop/sell');
    const newer = await worker('mcp/shop/buy');
    expect(await offered()).toEqual(['mcp/shop/buy', 'mcp/shop/sell']);
    await older.end();
    newer.hasNow('mcp/shop/buy');
    await eventually(async () => {
      expect(await offered()).toEqual(['mcp/shop/buy']);
    });
  });

  it('is withdrawn at once where the last worker says so', async () => {
    const only = await worker('mcp/shop/buy', 'mcp/shop/sell');
    only.hasNow('mcp/shop/sell');
    await eventually(async () => {
      expect(await offered()).toEqual(['mcp/shop/sell']);
    });
  });
});

it('a worker that has ended in order counts no more among those that have a server', async () => {
  const first = await worker('mcp/shop/buy');
  await worker('mcp/shop/buy');
  const count = async () => {
    const since = new Date(Date.now() - SILENT_WORKER_MS).toISOString();
    return sharedToolServers(await storage.tools.servers(), since)[0]?.workers;
  };
  expect(await count()).toBe(2);
  await first.end();
  await eventually(async () => {
    expect(await count()).toBe(1);
  });
});

describe('a tool that two workers offer differently', () => {
  it('is told of once in the log of the one whose words were replaced, and the last words hold', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(line) });
    const older = await workerOf(aTool, ['lookup', 'same'], logger);
    const newerTool = (name: string) => ({ ...aTool(name), ...(name === 'lookup' ? { description: 'new' } : {}) });
    await workerOf(newerTool, ['lookup', 'same'], logger);
    expect(await storage.tools.offers()).toMatchObject([{ description: 'new' }, { description: 'same' }]);
    for (const names of [
      ['lookup', 'same', 'third'],
      ['lookup', 'same', 'fourth'],
    ]) {
      older.hasNow(...names);
      await eventually(async () => {
        expect(await offered()).toContain(names[2]);
      });
    }
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ tool: 'lookup', level: 40 }]);
  });
});
