import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { create, extract } from 'tar';

import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import type { WritingIds } from './installation.js';

const ARCHIVE = fileURLToPath(new URL('recorded-installations/audited.tar.br', import.meta.url));
const FACTS = 'facts.json';

/** Its tool asks before it pays, and notes what it has paid in a file beside it. */
export const REFUND_MODULE = `
import { appendFile } from 'node:fs/promises';
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

export const refund = defineTool({
  name: 'refund',
  description: 'Refunds.',
  input: z.object({ amount: z.number() }),
  needsApproval: true,
  run: async ({ amount }) => {
    await appendFile(process.env.TOOLS_DIR + '/effects.txt', amount + '\\n');
    return { refunded: amount };
  },
});
`;

/** What somebody knew of an installation when it was killed. */
export interface InstallationFacts {
  readonly commit: string;
  readonly recordedAt: string;
  readonly ended: WritingIds;
  readonly middle: WritingIds;
  /** What a viewer had seen of the one in the middle. */
  readonly seen: readonly StreamEvent[];
  /** The end of the audit's chain, as that release verified it. */
  readonly auditEnd: string;
}

/** When the agent of its place is due whose token waits for minutes. */
export const MINUTES_SECONDS = 180;

/** How long an approval is waited for: no longer may be. Whoever opens the archive later finds one that nobody gave. */
export const APPROVAL_SECONDS = 30 * 86_400;

/** The ids of what was made besides. */
export const RECORDED = {
  waitsForSomebody: 'waits-for-somebody',
  waitsForMinutes: 'waits-for-minutes',
  waitsForAYear: 'waits-for-a-year',
  waitsForApproval: 'waits-for-approval',
  conversation: 'a-conversation',
} as const;

/** Packs a data folder of processes that are gone: nothing of who ran them, and no index that is made anew. */
export async function packInstallation(dataDir: string, facts: InstallationFacts): Promise<void> {
  await writeFile(join(dataDir, FACTS), JSON.stringify(facts));
  const files = ['storage', 'temporal.db', 'temporal.db-wal', FACTS];
  await create({ cwd: dataDir, file: ARCHIVE, brotli: true, portable: true }, files);
}

/** Puts the recorded installation into a folder. */
export async function unpackInstallation(dataDir: string): Promise<InstallationFacts> {
  await extract({ cwd: dataDir, file: ARCHIVE, brotli: true });
  const facts = JSON.parse(await readFile(join(dataDir, FACTS), 'utf8')) as InstallationFacts;
  await rm(join(dataDir, FACTS));
  return facts;
}
