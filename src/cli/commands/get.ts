import { join } from 'node:path';

import { CircuitBreakerError } from '../../core/errors.js';
import { makeDirectory } from '../../make-directory.js';
import type { CommandRequest } from '../command.js';
import { definitionsOn, serverContents } from '../definitions/server-definitions.js';
import { readAnyFolder } from '../definitions/whole-folder.js';
import { plannedFiles, writeFileWhole, type PlannedFile } from '../definitions/write-folder.js';
import { isThere } from '../is-there.js';
import { runClient } from '../run-client.js';

/** Writes what a server has as files of a folder. Nothing is written where something would be lost, unless it is forced. */
export async function get(request: CommandRequest): Promise<void> {
  const [folder = '.'] = request.operands;
  const force = request.flags.has('force');
  await runClient(
    request,
    async ({ api, say, ending }) => {
      const there = await serverContents(api);
      const agents = await definitionsOn(api, 'agent', there.agentIds);
      const workflows = await definitionsOn(
        api,
        'workflow',
        there.workflows.map(({ id }) => id),
      );
      await makeDirectory(folder);
      const own = await readAnyFolder(folder, { api, ending });
      const planned = [
        ...plannedFiles('agent', agents, own.agents),
        ...plannedFiles('workflow', workflows, own.workflows),
      ];
      await refuseLosses(folder, planned, force);
      const writing = planned.filter(({ plan }) => plan !== 'same');
      for (const file of writing) await writeFileWhole(folder, file, { force });
      for (const { file, plan } of writing) say(`${plan === 'write' ? 'wrote' : 'wrote over'} ${file}`);
      for (const { id, workflowId } of there.placeAgents) {
        say(`place agent ${id} was added to workflow ${workflowId} by itself: no file has it`);
      }
      say(`${planned.length - writing.length} of ${planned.length} definitions of ${api.address} were here already.`);
      return 0;
    },
    folder,
  );
}

async function refuseLosses(folder: string, planned: readonly PlannedFile[], force: boolean): Promise<void> {
  const impossible = planned
    .filter(({ plan }) => plan === 'cannot')
    .map(({ kind, id, file }) => `${kind} ${id} (${file})`);
  if (impossible.length > 0) {
    const message = `Nothing was written: no text of ${impossible.join(', ')} would mean the same; TypeScript is not written at all.`;
    throw new CircuitBreakerError('VALIDATION_FAILED', message);
  }
  if (force) return;
  const lost: string[] = [];
  for (const { file, plan } of planned) {
    if (plan === 'overwrite' || (plan === 'write' && (await isThere(join(folder, file))))) lost.push(file);
  }
  if (lost.length === 0) return;
  const message = `Nothing was written: ${lost.join(', ')} would be written over. Look at diff; --force writes over them.`;
  throw new CircuitBreakerError('ALREADY_EXISTS', message);
}
