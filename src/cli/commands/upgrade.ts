import { pendingMigrations, type PendingMigration } from '../../backends/postgres/migrate.js';
import { connectServer } from '../../backends/postgres/open-sql.js';
import { readManifest } from '../../compose/manifest.js';
import { elsewhereCluster } from '../../compose/open-cluster.js';
import { replayRunning, type ReplayedKind } from '../../compose/replay-running.js';
import { exitWhenUnread } from '../../compose/end-request.js';
import { runProcess, type ProcessParts } from '../../compose/run-process.js';
import { visibleJson, visibleText } from '../../core/json/visible-text.js';
import { connectClient } from '../../temporal/connect.js';
import type { CommandRequest } from '../command.js';
import { FAULT, NOT_WELL } from '../exit-codes.js';

const USUAL = 200;
const MOST = 100_000;

/** What a database, or a folder, is to the version that comes. */
type StorageFinding =
  | { readonly type: 'folder' }
  | { readonly type: 'new' }
  | { readonly type: 'migrations'; readonly pending: readonly PendingMigration[] };

/** Says whether this version can be started beside the one that runs. Changes nothing. */
export async function upgrade({ flags, options }: CommandRequest): Promise<void> {
  exitWhenUnread();
  const most = options['most'] === undefined ? USUAL : Number(options['most']);
  if (!flags.has('check')) {
    refuse('Say what to do: upgrade --check.');
    return;
  }
  if (!Number.isInteger(most) || most < 1 || most > MOST) {
    refuse(`--most must be a whole number from 1 to ${MOST}.`);
    return;
  }
  await runProcess(
    async (parts) => {
      const storage = await lookAtStorage(parts);
      const kinds = await replay(parts, most);
      const { version } = await readManifest();
      const canGoOver = kinds.every(({ broken }) => broken.length === 0) && hardOf(storage).length === 0;
      if (flags.has('json')) parts.say(visibleJson({ version, canGoOver, storage, kinds }));
      else for (const line of words({ version, canGoOver, storage, kinds })) parts.say(line);
      if (!canGoOver) process.exitCode = NOT_WELL;
    },
    { isTask: true },
  );
}

async function lookAtStorage({ config, logger, resources }: ProcessParts): Promise<StorageFinding> {
  if (!config.storageUrl.startsWith('postgres')) return { type: 'folder' };
  const connect = () => connectServer(config.storageUrl, { logger });
  const sql = await resources.open('storage', connect, (opened) => opened.close());
  const { isNew, pending } = await pendingMigrations(sql);
  return isNew ? { type: 'new' } : { type: 'migrations', pending };
}

async function replay(parts: ProcessParts, most: number): Promise<readonly ReplayedKind[]> {
  const { config, logger, resources } = parts;
  const cluster = elsewhereCluster(parts);
  const { client } = await resources.open(
    'Temporal',
    () => connectClient(cluster),
    ({ connection }) => connection.close(),
  );
  const { taskQueuePrefix } = config;
  return await replayRunning({ client, taskQueuePrefix, payloadKeys: cluster.payloadKeys, most, logger });
}

function hardOf(storage: StorageFinding): readonly PendingMigration[] {
  return storage.type === 'migrations' ? storage.pending.filter(({ hard }) => hard.length > 0) : [];
}

interface Findings {
  readonly version: string;
  readonly canGoOver: boolean;
  readonly storage: StorageFinding;
  readonly kinds: readonly ReplayedKind[];
}

function words({ version, canGoOver, storage, kinds }: Findings): readonly string[] {
  const last = canGoOver
    ? `Version ${version} can be started beside what runs.`
    : `Version ${version} cannot be started beside what runs. docs/guides/upgrades.md says what to do.`;
  return [...kinds.flatMap(wordsOfKind), ...wordsOfStorage(storage), last];
}

function wordsOfKind({ kind, running, replayed, broken }: ReplayedKind): readonly string[] {
  const unseen = running > replayed ? ` The others are older: --most ${running} looks at them, too.` : '';
  const outcome = broken.length === 0 ? 'all can go over' : `${broken.length} cannot go over`;
  const some = replayed === 0 ? 'none replayed' : `${replayed} replayed, ${outcome}`;
  return [
    `${kind}: ${running} running, ${some}.${unseen}`,
    ...broken.map(({ id, runId, reason }) => `  ${id} (run ${runId}): ${reason}`),
  ];
}

function wordsOfStorage(storage: StorageFinding): readonly string[] {
  switch (storage.type) {
    case 'folder':
      return ['storage: a folder, which one process has at a time. Stop it, and start this version on the folder.'];
    case 'new':
      return ['storage: a database without our tables. The first process makes them.'];
    case 'migrations': {
      const { pending } = storage;
      if (pending.length === 0) return ['storage: no migration is missing.'];
      const tags = pending.map(({ tag }) => tag).join(', ');
      const hard = hardOf(storage).map(
        ({ tag, hard: [statement = ''] }) =>
          `  ${tag} needs every process of an older version stopped: ${statement.replaceAll('\n', ' ')}`,
      );
      return [
        `storage: the first process of this version applies ${tags}.${hard.length === 0 ? ' Older ones go on beside it; once they are stopped they do not start again.' : ''}`,
        ...hard,
      ];
    }
  }
}

function refuse(message: string): void {
  process.stderr.write(`${visibleText(message)}\ncircuit-breaker help upgrade says how it is called.\n`);
  process.exitCode = FAULT;
}
