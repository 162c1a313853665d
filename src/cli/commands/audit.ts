import { once } from 'node:events';

import { verifyAudit } from '../../audit/verify-audit.js';
import { exitWhenUnread } from '../../compose/end-request.js';
import { runProcess, type ProcessParts } from '../../compose/run-process.js';
import type { AuditHead } from '../../core/audit/audit-link.js';
import { readDateTime } from '../../core/json/date-time.js';
import type { AuditStore } from '../../storage/audit-store.js';
import { openStorage } from '../../storage/open-storage.js';
import type { CommandRequest } from '../command.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { sayMisuse } from '../say-fault.js';

const BATCH = 1000;

/** Looks through the audit, or writes it out, from the storage that the API has. Exits with 1 where the audit was changed. */
export async function audit({ operands: [operand], options: { since, expect } }: CommandRequest): Promise<void> {
  exitWhenUnread();
  switch (operand) {
    case 'verify': {
      const expected = expect === undefined ? undefined : readPlace(expect);
      if (expect !== undefined && expected === undefined) {
        sayMisuse('audit', 'expect must be what an earlier audit verify has printed: a sequence, a colon and a hash.');
        return;
      }
      await withAudit((store, parts) => verify(store, parts, expected));
      return;
    }
    case 'export': {
      const from = since === undefined ? '' : readDateTime(since);
      if (from === undefined) sayMisuse('audit', 'since must be a time like 2027-01-31T00:00:00Z.');
      else await withAudit((store) => write(store, from));
      return;
    }
    case undefined:
      sayMisuse('audit', 'Say what to do: audit verify, or audit export.');
      return;
    default:
      sayMisuse('audit', `There is no "audit ${operand}": it is audit verify, or audit export.`);
  }
}

async function withAudit(run: (store: AuditStore, parts: ProcessParts) => Promise<void>): Promise<void> {
  await runProcess(
    async (parts) => {
      const { config, logger, resources } = parts;
      const open = () => openStorage(config.storageUrl, { logger });
      const { storage } = await resources.open('storage', open, (opened) => opened.storage.close());
      await run(storage.audit, parts);
    },
    { isTask: true },
  );
}

async function verify(store: AuditStore, { config, say }: ProcessParts, expected?: AuditHead): Promise<void> {
  const { streamSecrets: secrets } = config.access;
  const { entries, end, anchor, waiting, problems } = await verifyAudit(store, {
    secrets,
    ...(expected === undefined ? {} : { expected }),
  });
  for (const problem of problems) say(problem);
  if (anchor !== undefined) {
    const signed = anchor.signature === undefined ? 'not signed' : secrets.length === 0 ? 'not judged' : 'signed';
    say(`It begins after entry ${anchor.sequence}; those up to there were removed by ${anchor.removedAt} (${signed}).`);
  }
  if (waiting > 0) say(`${waiting} or more entries are not in the chain yet: an API process puts them there.`);
  if (problems.length === 0) say(`The audit is whole: ${entries} entries. It ends with ${end.sequence}:${end.hash}`);
  else say(`The audit is not whole. ${entries} entries were read.`);
  if (problems.length > 0) process.exitCode = NOT_WELL;
}

/** A line of JSON for each entry, in the order of the chain. */
async function write(store: AuditStore, since: string): Promise<void> {
  let after = (await store.anchor())?.sequence ?? 0;
  for (;;) {
    const links = await store.read(after, BATCH);
    const wanted = links.filter(({ entry }) => entry.time >= since);
    const lines = wanted.map(({ sequence, hash, entry }) => `${JSON.stringify({ sequence, ...entry, hash })}\n`);
    if (lines.length > 0 && !process.stdout.write(lines.join(''))) await once(process.stdout, 'drain');
    const last = links.at(-1);
    if (last === undefined || links.length < BATCH) return;
    after = last.sequence;
  }
}

function readPlace(text: string): AuditHead | undefined {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return sequence === undefined || hash === undefined ? undefined : { sequence: Number(sequence), hash };
}
